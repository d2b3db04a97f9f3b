"""A cluster with a secret of its own in every place that can hold free text."""

from __future__ import annotations

import base64
import copy
import itertools
import re
from typing import Any

from tests.support.snapshot_tools import demo
from workbench.core.cluster import LogKey
from workbench.core.redaction import LAST_APPLIED
from workbench.kubernetes.snapshots.raw import Logs, RawSnapshot

CANARY = re.compile(r"Canary\d{6}|" + base64.b64encode(b"Canary").decode()[:7])
_FREE = ("message", "note", "description", "value", "args", "command", "annotations", "data", "url")
_FORMS = (
    "password={}x", "token: gh" + "p_{}abcdefghijklmnopqrstuvwxyz", "postgres://app:{}x@db:5432/shop",
    "Authorization: Bearer {}x", '{{"user":"a","password":"{}x"}}', "--api-key={}abcdefgh",
)  # fmt: skip


class Canaries:
    """Makes canaries, each another one."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def bare(self) -> str:
        return f"Canary{next(self._numbers):06}"

    def text(self) -> str:
        """A canary in one of the forms that secrets have in text."""
        name = self.bare()
        return _FORMS[int(name[-6:]) % len(_FORMS)].format(name)

    @property
    def made(self) -> int:
        return next(copy.copy(self._numbers))


def seeded(canaries: Canaries) -> RawSnapshot:
    """The demo cluster with canaries in all kinds of objects and in every log."""
    raw = demo()
    objects = {
        kind: [_object(copy.deepcopy(tree), kind[1], canaries) for tree in trees]
        for kind, trees in raw.objects.items()
    }
    logs = {
        key: f"started\n{canaries.text()}\n{canaries.text()}\n".encode() for key in _logs(objects)
    }
    return RawSnapshot(raw.manifest, objects, Logs.of(logs))


def _logs(objects: dict[tuple[str, str], list[Any]]) -> list[LogKey]:
    return [
        LogKey(pod["metadata"]["namespace"], pod["metadata"]["name"], container["name"], False)
        for pod in objects[("v1", "Pod")]
        for container in pod["spec"]["containers"]
    ]


def _object(tree: dict[str, Any], kind: str, canaries: Canaries) -> dict[str, Any]:
    tree = _walked(tree, "", canaries)
    annotations = tree.setdefault("metadata", {}).setdefault("annotations", {})
    annotations["example.com/note"] = canaries.text()
    annotations[LAST_APPLIED] = f'{{"kind":"Secret","data":{{"a":"{canaries.bare()}"}}}}'
    tree.setdefault("spec" if kind != "Secret" else "metadata", {})["adminPassword"] = (
        canaries.bare()
    )
    if kind == "Secret":
        tree["data"] = {
            "a": base64.b64encode(canaries.bare().encode()).decode(),
            "b": canaries.bare(),
        }
    if kind == "ConfigMap":
        tree.setdefault("data", {})["app.properties"] = f"a=b\n{canaries.text()}\n"
    for container in tree.get("spec", {}).get("containers", []) if kind == "Pod" else []:
        variable = {"name": "DB_PASSWORD", "value": canaries.bare()}
        container["env"] = [*container.get("env", []), variable]
        container["args"] = [*container.get("args", []), "--password", canaries.bare()]
    return tree


def _walked(value: Any, key: str, canaries: Canaries) -> Any:
    if isinstance(value, dict):
        inside = key if key in _FREE else ""
        return {k: _walked(v, inside or k, canaries) for k, v in value.items()}
    if isinstance(value, list):
        return [_walked(v, key, canaries) for v in value]
    return f"{value} {canaries.text()}" if isinstance(value, str) and key in _FREE else value
