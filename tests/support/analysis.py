"""Clusters from files, for tests: a List or documents of objects, with or without logs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from workbench.analyzers import analyze
from workbench.core.cluster import ClusterSnapshot, Gap, LogKey, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.objects import BY_KIND, Custom, KubeObject
from workbench.core.objects.decode import convert_object

NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""The time by which objects without any timestamp are judged."""

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$")


def read(path: Path) -> list[dict[str, Any]]:
    """The objects in a JSON or YAML file, Lists unpacked; times as the API writes them."""
    text = path.read_text()
    trees = [json.loads(text)] if path.suffix == ".json" else yaml.load_all(text, _Loader)
    return [obj for tree in trees if tree for obj in _unpacked(tree)]


class _Loader(yaml.SafeLoader):
    """YAML without its own idea of times."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _unpacked(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if str(tree.get("kind", "")).endswith("List") and "items" in tree:
        yield from tree["items"]
    else:
        yield tree


def snapshot_of(
    objects: list[dict[str, Any]],
    *,
    logs: dict[str, str] | None = None,
    gaps: tuple[Gap, ...] = (),
    empty: tuple[str, ...] = (),
    scope: Scope | None = None,
) -> ClusterSnapshot:
    """A snapshot that holds these objects. ``empty`` names kinds that were looked at in vain;
    ``logs`` has keys ``namespace/pod/container`` with ``/previous`` for the run before."""
    kinds: dict[str, list[KubeObject]] = defaultdict(list)
    for name in empty:
        kinds[name] = []
    for tree in objects:
        kind = BY_KIND.get(str(tree.get("kind", "")), Custom)
        decoded, _notes = convert_object(tree, kind)
        kinds[decoded.kind].append(decoded)
    return ClusterSnapshot(
        taken_at=newest(objects),
        objects={kind: tuple(found) for kind, found in kinds.items()},
        logs={_log_key(name): text for name, text in (logs or {}).items()},
        gaps=gaps,
        scope=scope or Scope(),
        cluster="test",
    )


def _log_key(name: str) -> LogKey:
    namespace, pod, container, *previous = name.split("/")
    return LogKey(namespace, pod, container, bool(previous))


def newest(tree: Any) -> datetime:
    """The newest time that stands anywhere in the objects."""
    times = [datetime.fromisoformat(t) for t in _times(tree)]
    return max(times, default=NO_TIME)


def _times(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from _times(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _times(value)
    elif isinstance(tree, str) and _TIME.match(tree):
        yield tree


def diagnose(path: Path, scope: Scope | None = None, *, opinions: bool = False) -> Diagnosis:
    """What the analyzers say about the objects in one file."""
    snapshot = snapshot_of(read(path), scope=scope)
    return analyze(snapshot, snapshot.taken_at, opinions=opinions)


def shown(diagnosis: Diagnosis) -> str:
    """The findings as lines a failing test can print."""
    return "\n".join(
        f"{'*' if f.root_cause else ' '} {f.severity.word:8} {f.id}  {f.message}"
        for f in diagnosis.findings
    )
