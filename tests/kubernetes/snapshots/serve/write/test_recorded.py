"""Writes held against the answers of a real kube-apiserver, where they are at hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kubernetes.snapshots.serve.asking import Api
from tests.kubernetes.snapshots.serve.test_recorded import RECORDED, answered, exchanges, pytestmark
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.serve.app import snapshot_app

__all__ = ["pytestmark"]

NOT_OURS = ("can-i", "whoami", "403 write as view")
"""Asked of an authorizer: whoever holds the token of a served snapshot may do everything."""
VOLATILE = ("time", "uid", "creationTimestamp", "deletionTimestamp", "resourceVersion")


def writes() -> list[Any]:
    return [
        pytest.param(e, id=f"{e['note']} {e['request']['method']}")
        for e in exchanges()
        if e["request"]["method"] != "GET" and not e["note"].startswith(NOT_OURS)
    ]


def before() -> RawSnapshot:
    """The objects the recorded writes are about, as they were before."""
    raw = load(RECORDED / "get-all-events.json")
    objects = {key: list(trees) for key, trees in raw.objects.items()}
    for note, key in (
        ("merge patch dry run", ("apps/v1", "Deployment")),
        ("cordon dry run", ("v1", "Node")),
        ("delete pod dry run", ("v1", "Pod")),
    ):
        after = answered(next(e for e in exchanges() if e["note"] == note))
        name = after["metadata"]["name"]
        objects[key] = [t for t in objects.get(key, ()) if t["metadata"]["name"] != name]
        objects[key].append(_undone(after))
    budgets = "/apis/policy/v1/poddisruptionbudgets?limit=3"
    listed = next(
        answered(e)
        for e in exchanges()
        if e["request"]["path"] == budgets and e["note"].startswith("list")
    )
    head = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget"}
    objects["policy/v1", "PodDisruptionBudget"] = [{**head, **i} for i in listed["items"]]
    return RawSnapshot(raw.manifest, objects, raw.logs)


def _undone(after: dict[str, Any]) -> dict[str, Any]:
    """The object as it was before its recorded dry run."""
    tree: dict[str, Any] = json.loads(json.dumps(after))
    meta = tree["metadata"]
    if tree["kind"] == "Deployment":
        tree["spec"]["replicas"], meta["generation"] = 2, 1
        kept = [m for m in meta["managedFields"] if m["manager"] != "python-httpx"]
        client = next(m for m in kept if m["manager"] == "kubectl-client-side-apply")
        client["fieldsV1"]["f:spec"]["f:replicas"] = {}
        meta["managedFields"] = kept
    if tree["kind"] == "Node":
        tree["spec"].pop("unschedulable", None)
        tree["spec"].pop("taints", None)
    if tree["kind"] == "Pod":
        meta["generation"] = 1
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            meta.pop(name)
    return tree


class Writable(Api):
    def __init__(self, raw: RawSnapshot) -> None:
        import httpx

        self._transport = httpx.ASGITransport(app=snapshot_app(raw, writable=True))  # type: ignore[arg-type]


def comparable(value: Any) -> Any:
    """Without what differs from run to run, and without who owns which field."""
    if isinstance(value, dict):
        return {
            k: comparable(v) for k, v in value.items() if k not in VOLATILE and k != "managedFields"
        }
    return [comparable(v) for v in value] if isinstance(value, list) else value


def without_defaults(spec: Any) -> Any:
    """Without what the real server fills in for a container that a patch adds."""
    containers = (((spec or {}).get("template") or {}).get("spec") or {}).get("containers")
    if containers and containers[0]["name"] == "web":
        containers[0] = {k: containers[0][k] for k in ("name", "image")}
    return spec


@pytest.mark.parametrize("exchange", writes())
async def test_a_write_is_answered_as_the_real_server_does(exchange: dict[str, Any]) -> None:
    api = Writable(before())
    if exchange["note"] in ("409 already exists", "merge patch", "delete"):
        path = "/api/v1/namespaces/shop/configmaps"
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "scratch"}}
        await api.ask("POST", path, json={**made, "data": {"a": "1"}})
    asked = exchange["request"]
    body = asked["body"]
    content = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
    answer = await api.ask(
        asked["method"], asked["path"], content=content, headers=asked["headers"]
    )
    real = exchange["response"]
    assert answer.status_code == real["status"], answer.text
    expected = json.loads(real["body"])
    got = answer.json()
    if got["kind"] == "Status":
        assert comparable(got) == comparable(expected)
    else:
        assert comparable(got["metadata"]) == comparable(expected["metadata"])
        assert comparable(got.get("spec")) == without_defaults(comparable(expected.get("spec")))
        assert got.get("data") == expected.get("data")
