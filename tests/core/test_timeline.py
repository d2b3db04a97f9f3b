from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.kubernetes.objects import shop
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import BY_KIND, KubeObject
from workbench.core.objects.decode import convert_object
from workbench.core.timeline import timeline

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)


def snapshot(trees: list[dict[str, Any]]) -> ClusterSnapshot:
    objects: dict[str, tuple[KubeObject, ...]] = {}
    for tree in trees:
        found, _ = convert_object(tree, BY_KIND[tree["kind"]])
        objects[found.kind] = (*objects.get(found.kind, ()), found)
    return ClusterSnapshot(taken_at=NOW, objects=objects)


def test_moments_come_in_order_from_every_clock() -> None:
    found = timeline(snapshot(shop()))
    assert [m.at for m in found] == sorted(m.at for m in found)
    assert {m.lane for m in found} == {"event", "container", "rollout", "object", "condition"}


def test_an_object_is_followed_with_its_owners_pods_and_nodes() -> None:
    about = ObjectRef("ReplicaSet", "shop", "web-2b")
    subjects = {str(m.subject) for m in timeline(snapshot(shop()), about)}
    assert subjects == {"Deployment shop/web", "Pod shop/web-2b-y", "Node worker-1"}


def test_a_repeated_event_is_two_moments_and_nothing_between() -> None:
    events = [m for m in timeline(snapshot(shop())) if m.what == "BackOff"]
    assert [(m.count, m.at.minute) for m in events] == [(1, 50), (3, 59)]


def test_only_moments_since_a_time_are_told() -> None:
    since = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
    assert [m.what for m in timeline(snapshot(shop()), since=since)] == ["revision 2"]


def test_a_crash_is_a_warning_and_a_start_is_none() -> None:
    found = {m.what: m.warning for m in timeline(snapshot(shop())) if m.lane == "container"}
    assert found == {"app started": False, "app Error, exit code 1": True}
