from datetime import UTC, datetime

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import Deployment, Event, Pod, ReplicaSet
from workbench.core.objects.cluster_wide import InvolvedObject
from workbench.core.objects.meta import Meta, OwnerReference

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)


def _meta(name: str, owner: tuple[str, str] | None = None, **labels: str) -> Meta:
    owners = (OwnerReference(kind=owner[0], name=owner[1], controller=True),) if owner else ()
    return Meta(name=name, namespace="shop", labels=labels, owner_references=owners)


DEPLOYMENT = Deployment(metadata=_meta("web"))
REPLICA_SET = ReplicaSet(metadata=_meta("web-7d4", ("Deployment", "web")))
POD = Pod(metadata=_meta("web-7d4-abc", ("ReplicaSet", "web-7d4"), app="web"))


def _event(minute: int, reason: str) -> Event:
    return Event(
        involved_object=InvolvedObject(kind="Pod", namespace="shop", name=POD.name),
        reason=reason,
        last_timestamp=NOW.replace(minute=minute),
    )


SNAPSHOT = ClusterSnapshot(
    taken_at=NOW,
    objects={
        "Pod": (POD,),
        "ReplicaSet": (REPLICA_SET,),
        "Deployment": (DEPLOYMENT,),
        "Event": (_event(9, "BackOff"), _event(3, "Pulled")),
    },
)


def test_the_top_owner_of_a_pod_is_its_deployment() -> None:
    assert SNAPSHOT.top_owner(POD) is DEPLOYMENT


def test_an_owner_loop_in_bad_data_ends() -> None:
    a = Pod(metadata=_meta("a", ("Pod", "b")))
    b = Pod(metadata=_meta("b", ("Pod", "a")))
    snapshot = ClusterSnapshot(taken_at=NOW, objects={"Pod": (a, b)})
    assert snapshot.top_owner(a) in (a, b)


def test_owned_objects_are_found_by_kind_and_name_without_a_uid() -> None:
    assert SNAPSHOT.owned_by(DEPLOYMENT) == (REPLICA_SET,)


def test_events_about_an_object_come_oldest_first() -> None:
    reasons = [e.reason for e in SNAPSHOT.events_about(ObjectRef.of(POD))]
    assert reasons == ["Pulled", "BackOff"]


def test_selecting_looks_only_in_the_namespace_asked_for() -> None:
    assert SNAPSHOT.select(Pod, "shop", {"app": "web"}) == (POD,)
    assert SNAPSHOT.select(Pod, "other", {"app": "web"}) == ()
