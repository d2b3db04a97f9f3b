"""Two answers are compared by what they say, not by when they said it or in which order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.support import samples
from workbench.core.difference import Difference, Kind, changes, difference, side
from workbench.core.evidence import Evidence, Outcome
from workbench.core.normalise import normalise, normalise_text


def pod(**fields: Any) -> dict[str, Any]:
    meta = {"name": "web-1", "namespace": "shop", "resourceVersion": "1", "uid": "a"}
    spec = {"containers": [{"name": "app", "args": ["--a", "--b"]}, {"name": "log"}]}
    return {"kind": "Pod", "metadata": meta, "spec": spec, **fields}


SAME = {
    "resource version": (pod(), pod(metadata={**pod()["metadata"], "resourceVersion": "2"})),
    "uid": (pod(), pod(metadata={**pod()["metadata"], "uid": "b"})),
    "managed fields": ({"managedFields": [1]}, {"managedFields": [2]}),
    "order of named things": (
        pod(),
        pod(spec={"containers": list(reversed(pod()["spec"]["containers"]))}),
    ),
    "order of plain things": ({"ips": ["10.0.0.1", "10.0.0.2"]}, {"ips": ["10.0.0.2", "10.0.0.1"]}),
    "time of a condition": (
        {"conditions": [{"type": "Ready", "lastTransitionTime": "2026-03-01T03:04:05Z"}]},
        {"conditions": [{"type": "Ready", "lastTransitionTime": "2026-03-02T03:04:05.123456Z"}]},
    ),
    "time and age in text": (
        "Started 5m3s ago at 03:04:05 UTC (Sun, 01 Mar 2026 03:04:05 +0000)",
        "Started 7d ago at 09:00:00 UTC (Mon, 02 Mar 2026 09:00:00 +0000)",
    ),
    "columns of time and age": (
        {
            "columns": [{"name": "name", "type": "text"}, {"name": "seen", "type": "time"}],
            "rows": [["web-1", "2026-03-01T03:04:05Z"], ["web-2", None]],
        },
        {
            "columns": [{"name": "name", "type": "text"}, {"name": "seen", "type": "time"}],
            "rows": [["web-2", "2026-03-01T03:04:05Z"], ["web-1", None]],
        },
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME.keys())
def test_what_differs_every_time_is_no_change(pair: tuple[Any, Any]) -> None:
    assert list(changes(normalise(pair[0]), normalise(pair[1]))) == []


def test_the_order_of_arguments_means_something() -> None:
    other = pod(spec={"containers": [{"name": "app", "args": ["--b", "--a"]}, {"name": "log"}]})
    assert list(changes(normalise(pod()), normalise(other)))


@pytest.mark.parametrize(
    "text", ["10.244.2.15", "image:1.2.3", "web-7d4b9-x2x4k", "5 pods", "port 80"]
)
def test_names_addresses_and_counts_stay(text: str) -> None:
    assert normalise_text(text) == text


def test_a_change_is_named_by_its_place() -> None:
    before = {"containers": [{"name": "app", "image": "a:1"}, {"name": "old"}]}
    after = {"containers": [{"name": "new"}, {"name": "app", "image": "a:2"}]}
    found = list(changes(normalise(before), normalise(after)))
    assert [(c.kind, c.path) for c in found] == [
        (Kind.CHANGED, ("containers", "app", "image")),
        (Kind.REMOVED, ("containers", "old")),
        (Kind.ADDED, ("containers", "new")),
    ]
    assert (found[0].before, found[0].after) == ("a:1", "a:2")


def test_rows_of_a_table_are_compared_by_the_object_they_are_about() -> None:
    columns = [{"name": n, "type": "text"} for n in ("namespace", "name", "restarts", "age")]
    before = {"columns": columns, "rows": [["shop", "web-1", 0, "1h"], ["shop", "web-2", 0, "1h"]]}
    after = {"columns": columns, "rows": [["shop", "web-2", 0, "2h"], ["shop", "web-1", 3, "2h"]]}
    (only,) = changes(normalise(before), normalise(after))
    assert only.path == ("rows", "shop/web-1", "restarts")


def test_events_are_compared_by_what_they_are_about_and_say() -> None:
    columns = [{"name": n, "type": "text"} for n in ("object", "reason", "count", "name")]
    before = {"columns": columns, "rows": [["Pod/web-1", "BackOff", 3, "web-1.18e8"]]}
    after = {"columns": columns, "rows": [["Pod/web-1", "BackOff", 9, "web-1.77aa"]]}
    (only,) = changes(normalise(before), normalise(after))
    assert only.path == ("rows", "Pod/web-1/BackOff", "count")


def test_an_answer_that_became_a_failure_is_a_change() -> None:
    before = samples.EVIDENCE[0]
    failed = msgspec.structs.replace(
        before, outcome=Outcome.FAILED, text="no such pod", data=None, error="no such pod"
    )
    found = compared(before, failed)
    assert any(c.path == ("outcome",) for c in found.changes)


def compared(before: Evidence, after: Evidence) -> Difference:
    return difference(before, after, (side(before, "INV-1"), side(after, "INV-2")))


def test_the_same_answer_has_no_changes() -> None:
    for one in samples.EVIDENCE:
        assert compared(one, one).changes == ()
