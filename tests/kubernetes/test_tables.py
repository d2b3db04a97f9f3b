from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.kubernetes import recorded
from tests.kubernetes.objects import crashing, pod
from workbench.core.duration import human
from workbench.core.objects import BY_KIND, KINDS, Custom, KubeObject, Pod
from workbench.core.objects.decode import convert_object
from workbench.kubernetes import tables
from workbench.kubernetes.columns import to_json, to_text

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.KIND)
def test_a_kind_with_nothing_set_still_fills_its_columns(kind: type[KubeObject]) -> None:
    columns, rows = tables.rows(kind.KIND, [kind()], NOW)
    assert columns == tables.columns(kind.KIND)
    assert list(rows[0]) == [c.name for c in columns]
    assert len({c.name for c in columns}) == len(columns)
    assert "name" in rows[0]
    assert ("namespace" in rows[0]) == kind.NAMESPACED


def test_no_objects_keep_the_columns() -> None:
    columns, rows = tables.rows("Pod", [], NOW)
    assert rows == []
    assert to_json(columns, rows)["columns"][0] == {"name": "namespace", "type": "text"}


def test_cells_have_the_type_of_their_column() -> None:
    found, _ = convert_object(crashing("web"), Pod)
    columns, (row,) = tables.rows("Pod", [found], NOW)
    types = {c.name: c.type for c in columns}
    assert (types["restarts"], row["restarts"]) == ("int", 4)
    assert (types["last_restart"], row["last_restart"]) == ("time", "2026-11-22T10:58:05Z")
    assert (row["ready"], row["status"], row["age"]) == ("0/1", "CrashLoopBackOff", "60m")


def test_a_custom_kind_shows_its_ready_condition() -> None:
    tree = {
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "NoGears"}]},
    }
    found, _ = convert_object(tree, Custom)
    _, (row,) = tables.rows("Widget", [found], NOW)
    assert (row["ready"], row["reason"]) == ("False", "NoGears")


def test_a_pod_being_deleted_is_terminating() -> None:
    tree = pod("web")
    tree["metadata"]["deletionTimestamp"] = "2026-11-22T10:59:00Z"
    found, _ = convert_object(tree, Pod)
    assert tables.rows("Pod", [found], NOW)[1][0]["status"] == "Terminating"


def test_text_leaves_out_columns_that_are_empty_throughout() -> None:
    found, _ = convert_object(pod("web"), Pod)
    header = to_text(*tables.rows("Pod", [found], NOW)).splitlines()[0]
    assert "STATUS" in header
    assert "LAST-RESTART" not in header


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(seconds=90), "90s"),
        (timedelta(minutes=2, seconds=36), "2m36s"),
        (timedelta(minutes=59), "59m"),
        (timedelta(hours=3, minutes=5), "3h5m"),
        (timedelta(hours=30), "30h"),
        (timedelta(days=3, hours=2), "3d2h"),
        (timedelta(days=40), "40d"),
        (timedelta(days=800), "2y70d"),
    ],
)
def test_ages_read_as_kubectl_prints_them(span: timedelta, shown: str) -> None:
    assert human(int(span.total_seconds())) == shown


IMAGE_TROUBLE = {"ImagePullBackOff", "ErrImagePull"}
"""A kubelet alternates between the two; the recordings were made moments apart."""


@recorded.needed
def test_pods_read_as_kubectl_prints_them() -> None:
    printed = {}
    for line in recorded.text("all.txt").splitlines():
        cells = line.split()
        if len(cells) > 4 and cells[1].startswith("pod/"):
            printed[cells[0], cells[1].removeprefix("pod/")] = cells[2:5]
    pods = [convert_object(o, Pod)[0] for o in recorded.objects() if o["kind"] == "Pod"]
    _, rows = tables.rows("Pod", pods, recorded.NOW)
    ours = {
        (r["namespace"], r["name"]): [r["ready"], r["status"], str(r["restarts"])] for r in rows
    }
    assert ours.keys() == printed.keys()
    for key, cells in ours.items():
        if cells[1] in IMAGE_TROUBLE:
            cells[1] = printed[key][1]
    assert ours == printed


@recorded.needed
def test_every_recorded_object_fits_its_table() -> None:
    for tree in recorded.objects():
        kind = BY_KIND.get(tree["kind"], Custom)
        found, dropped = convert_object(tree, kind)
        assert dropped == ()
        columns, rows = tables.rows(found.kind, [found], recorded.NOW)
        for column in columns:
            value = rows[0][column.name]
            expected = {"text": str, "int": int, "float": float, "time": str, "bool": bool}
            assert value is None or isinstance(value, expected[column.type]), (column, value)
