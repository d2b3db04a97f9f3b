"""The served API held against answers recorded from a real kube-apiserver, where they exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.kubernetes.snapshots.serve.asking import TABLE, Api
from workbench.core.duration import human
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.serve.columns.age import moment

RECORDED = Path(__file__).parents[4] / "../shared/real-api"
EXCHANGES = RECORDED / "exchanges.jsonl"

pytestmark = pytest.mark.skipif(not EXCHANGES.exists(), reason="no recorded API at hand")


@cache
def exchanges() -> list[dict[str, Any]]:
    if not EXCHANGES.exists():
        return []
    return [json.loads(line) for line in EXCHANGES.read_text().splitlines()]


def answered(exchange: dict[str, Any]) -> Any:
    return json.loads(exchange["response"]["body"])


def of(note: str) -> list[Any]:
    """Exchanges whose note begins so, as test parameters named by their path."""
    return [
        pytest.param(e, id=e["request"]["path"]) for e in exchanges() if e["note"].startswith(note)
    ]


def snapshot_of(*bodies: Any) -> RawSnapshot:
    """A snapshot of the objects in recorded lists, taken when they were answered."""
    groups: dict[tuple[str, str], dict[tuple[str, str], Any]] = {}
    for body in bodies:
        kind = body["kind"].removesuffix("List")
        for item in body["items"] or ():
            tree = {"apiVersion": body["apiVersion"], "kind": kind, **item}
            meta = item["metadata"]
            key = (meta.get("namespace", ""), meta["name"])
            groups.setdefault((body["apiVersion"], kind), {})[key] = tree
    manifest = load(RECORDED / "get-all-events.json").manifest
    return RawSnapshot(manifest, {k: tuple(v.values()) for k, v in groups.items()})


def first_chunks() -> Iterator[Any]:
    """(table, list) pairs of the same request."""
    found = exchanges()
    lists = {e["request"]["path"]: e for e in found if e["note"] == "list, first chunk"}
    for table in (e for e in found if e["note"] == "table, first chunk"):
        path = table["request"]["path"]
        yield pytest.param(table, lists[path], id=path)


def frozen_at(raw: RawSnapshot, table: Any) -> RawSnapshot:
    """The snapshot at the second at which the recorded table's first age is right."""
    names = [c["name"] for c in table["columnDefinitions"]]
    row = next(iter(table["rows"] or ()), None)
    column = next((c for c in ("Age", "First Seen") if c in names), None)
    if row is None or column is None:
        return raw
    created = moment(row["object"]["metadata"]["creationTimestamp"])
    assert created
    age = row["cells"][names.index(column)]
    seconds = next(s for s in range(86_400) if human(s) == age)
    taken_at = created + _span(seconds) + timedelta(milliseconds=999)  # event times have fractions
    return RawSnapshot(msgspec.structs.replace(raw.manifest, taken_at=taken_at), raw.objects)


def _span(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


@pytest.mark.parametrize(("table", "listed"), list(first_chunks()))
async def test_tables_have_the_columns_and_cells_of_the_real_ones(table: Any, listed: Any) -> None:
    real, path = answered(table), table["request"]["path"].partition("?")[0]
    api = Api(frozen_at(snapshot_of(answered(listed)), real))
    ours = (await api.get(path, TABLE)).json()
    shape = ("name", "type", "format", "priority")
    assert [[c[k] for k in shape] for c in ours["columnDefinitions"]] == [
        [c[k] for k in shape] for c in real["columnDefinitions"]
    ]
    assert [r["cells"] for r in ours["rows"]] == [r["cells"] for r in real["rows"] or ()]
    assert [r.get("conditions") for r in ours["rows"]] == [
        r.get("conditions") for r in real["rows"] or ()
    ]


@pytest.mark.parametrize(("table", "listed"), list(first_chunks()))
async def test_lists_are_the_real_ones(table: Any, listed: Any) -> None:
    real, path = answered(listed), listed["request"]["path"].partition("?")[0]
    ours = (await Api(snapshot_of(real)).get(path)).json()
    assert ours["kind"] == real["kind"]
    assert ours["apiVersion"] == real["apiVersion"]
    names = [i["metadata"]["name"] for i in ours["items"]]
    assert sorted(names) == sorted(i["metadata"]["name"] for i in real["items"] or ())
    if real["kind"] != "SecretList":
        assert all(item in (real["items"] or ()) for item in ours["items"])


def shop_pods() -> RawSnapshot:
    """The pods of the recorded selector exchanges: those of an unlimited watch at that time."""
    watch = next(e for e in exchanges() if e["note"].startswith("watch from now"))
    events = [json.loads(line) for line in watch["response"]["stream"]]
    items = [e["object"] for e in events if e["type"] == "ADDED"]
    return snapshot_of({"apiVersion": "v1", "kind": "PodList", "items": items})


@pytest.mark.parametrize("exchange", of("selector "))
async def test_selectors_choose_what_the_real_ones_choose(exchange: Any) -> None:
    if "Exact" in exchange["request"]["path"]:
        pytest.skip("a snapshot holds one moment; the real server went back to another")
    ours = await Api(shop_pods()).get(exchange["request"]["path"], TABLE)
    assert ours.status_code == exchange["response"]["status"]
    real = answered(exchange)
    if ours.status_code != 200:
        assert ours.json() == real
        return
    assert [r["object"]["metadata"]["name"] for r in ours.json()["rows"]] == [
        r["object"]["metadata"]["name"] for r in real["rows"]
    ]


def whole() -> Api:
    return Api(load(RECORDED / "get-all-events.json"))


@pytest.mark.parametrize("exchange", [*of("404"), *of("delete again"), *of("list in missing")])
async def test_what_is_missing_is_missing_in_the_same_words(exchange: Any) -> None:
    asked = exchange["request"]
    ours = await whole().get(asked["path"])
    assert ours.status_code == exchange["response"]["status"]
    if not exchange["response"]["body"].startswith("{"):
        assert ours.text == exchange["response"]["body"]
        return
    real = answered(exchange)
    for body in (real, ours.json()):
        body["metadata"].pop("resourceVersion", None)
    assert ours.json()["kind"] == real["kind"]
    assert {k: v for k, v in ours.json().items() if k != "metadata"} == {
        k: v for k, v in real.items() if k != "metadata"
    }


@pytest.mark.parametrize("exchange", [*of("log "), *of("previous log")])
async def test_logs_that_are_not_there_are_refused_in_the_same_words(exchange: Any) -> None:
    pods = shop_pods()
    body = answered(exchange)
    path = exchange["request"]["path"]
    if "/cart-" in path and ("waiting to start" in body["message"] or "previous" in path):
        pytest.skip("recorded while the container's state was another")
    ours = await Api(pods).get(path, "*/*")
    assert (ours.status_code, ours.json()) == (exchange["response"]["status"], body)


async def test_every_readable_resource_is_discovered() -> None:
    """Names, kinds, scopes, short names and categories of all that can be read."""
    told = {}
    for note in ("/api", "/apis"):
        accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        ours = (await whole().get(note, f"{accept},application/json")).json()
        told |= _discovered(ours)
    real = {}
    for exchange in exchanges():
        if exchange["note"] == "aggregated discovery":
            real |= _discovered(answered(exchange))
    readable = {k: v for k, v in real.items() if "get" in v.pop("verbs")}
    for entry in told.values():
        entry.pop("verbs")
    missing = {
        ("events.k8s.io", "v1", "events"),
        ("autoscaling", "v1", "horizontalpodautoscalers"),
        ("metrics.k8s.io", "v1beta1", "nodes"),
        ("metrics.k8s.io", "v1beta1", "pods"),
    }
    assert {k: told.get(k) for k in readable if k not in missing} == {
        k: v for k, v in readable.items() if k not in missing
    }


def _discovered(body: Any) -> dict[tuple[str, str, str], dict[str, Any]]:
    kept = ("scope", "singularResource", "shortNames", "categories", "verbs")
    return {
        (g["metadata"].get("name", ""), v["version"], r["resource"]): {
            "kind": r["responseKind"]["kind"],
            **{k: r.get(k) for k in kept},
        }
        for g in body["items"]
        for v in g["versions"]
        for r in v["resources"]
    }


@pytest.mark.parametrize("path", ["/api", "/apis", "/api/v1", "/apis/apps/v1", "/version"])
async def test_plain_discovery_has_the_fields_of_the_real_one(path: str) -> None:
    real = next(answered(e) for e in exchanges() if e["request"]["path"] == path)
    ours = (await whole().get(path)).json()
    extra = {"emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor"}
    own = {"notHeld"} if path == "/version" else set[str]()
    assert set(ours) == set(real) - extra | own
    assert ours.get("kind") == real.get("kind")


def test_the_time_of_a_bare_list_is_close_to_when_it_was_taken() -> None:
    taken_at = load(RECORDED / "get-all-events.json").manifest.taken_at
    assert abs((taken_at - datetime.fromisoformat("2026-11-22T11:00:26Z")).total_seconds()) < 60
