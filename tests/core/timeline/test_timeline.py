from __future__ import annotations

from copy import deepcopy
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.timeline.clusters import (
    NOW,
    WEB,
    ago,
    deployment,
    event,
    pod,
    replica_set,
    snapshot,
    time,
    written,
    wrote,
)
from tests.kubernetes.objects import shop
from workbench.core.cluster import ObjectRef
from workbench.core.investigation import Asked, Concluded, Conclusion, Said, ToolAnswered
from workbench.core.objects import KINDS
from workbench.core.render import picture
from workbench.core.render.timeline import markdown, text
from workbench.core.timeline import Lane, Timeline, timeline
from workbench.core.timeline.record import from_json, to_json
from workbench.core.timeline.steps import with_steps


def told(found: Timeline, lane: Lane) -> list[str]:
    return [m.what for m in found.moments if m.lane is lane]


def test_moments_come_in_order_and_in_utc() -> None:
    found = timeline(snapshot(*shop())).moments
    assert [m.at for m in found] == sorted(m.at for m in found)
    assert {m.at.utcoffset() for m in found} == {NOW.utcoffset()}


def test_a_repeated_event_is_one_moment_with_its_span() -> None:
    found = timeline(snapshot(event("Pod web-1", "BackOff", 50, 2, count=9)))
    (moment,) = found.moments
    assert (moment.at, moment.until, moment.count) == (ago(50), ago(2), 9)


def test_events_of_one_wording_about_one_object_are_added_up() -> None:
    found = timeline(
        snapshot(
            event("Pod web-1", "Unhealthy", 50, 40, count=3), event("Pod web-1", "Unhealthy", 30)
        )
    )
    assert [(m.count, m.at, m.ends) for m in found.moments] == [(4, ago(50), ago(30))]


def test_a_start_told_by_an_event_and_by_the_status_is_one_moment() -> None:
    running = {"name": "app", "state": {"running": {"startedAt": time(10)}}}
    found = timeline(
        snapshot(
            pod("web-2-a", containerStatuses=[running]),
            event("Pod web-2-a", "Started", 10, type="Normal"),
        )
    )
    assert len([m for m in found.moments if m.fact == "started"]) == 1


def test_a_rollout_swallows_the_scaling_events_it_made() -> None:
    found = timeline(
        snapshot(
            deployment("web", wrote("argocd", 10)),
            replica_set("web-2", 2, 10),
            event("Deployment web", "ScalingReplicaSet", 10, type="Normal"),
        )
    )
    assert "ScalingReplicaSet" not in [m.what for m in found.moments]
    assert [m.by for m in found.moments if m.fact == "rollout"] == ["argocd"]


def test_what_happens_to_three_pods_of_one_owner_is_one_moment() -> None:
    pods = [pod(f"web-2-{n}") for n in "abc"]
    trouble = [event(f"Pod web-2-{n}", "Unhealthy", 5) for n in "abc"]
    found = timeline(snapshot(deployment(), replica_set("web-2", 2, 60), *pods, *trouble))
    assert told(found, Lane.WARNING) == ["Unhealthy (3 pods)"]
    assert [m.subject for m in found.moments if m.lane is Lane.WARNING] == [WEB]


def test_a_restart_and_a_kill_are_in_their_own_lane() -> None:
    status = {
        "name": "app",
        "restartCount": 2,
        "state": {"running": {"startedAt": time(3)}},
        "lastState": {
            "terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": time(4)}
        },
    }
    found = timeline(snapshot(pod("web-2-a", containerStatuses=[status])))
    assert told(found, Lane.RESTART) == ["app OOMKilled, exit code 137", "app started again"]


def test_trouble_of_a_node_is_told_once_and_in_its_lane() -> None:
    down = {"type": "Ready", "status": "Unknown", "lastTransitionTime": time(20)}
    calm = {"type": "DiskPressure", "status": "False", "lastTransitionTime": time(20)}
    node = {"kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": [down, calm]}}
    found = timeline(snapshot(node, event("Node n1", "NodeNotReady", 20, type="Normal")))
    assert [(m.lane, m.warning) for m in found.moments] == [(Lane.NODE, True)]


def test_a_pod_that_has_just_been_made_is_not_yet_in_trouble() -> None:
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": time(60 * 24)}
    found = timeline(snapshot(pod("web-2-a", conditions=[unready])))
    assert not [m for m in found.moments if m.warning]


def test_only_moments_that_lasted_into_the_time_asked_for_are_told() -> None:
    old = event("Pod web-1", "BackOff", 300, 200)
    lasting = event("Pod web-2", "BackOff", 300, 1)
    found = timeline(snapshot(old, lasting), since=ago(60))
    assert [m.subject.name for m in found.moments] == ["web-2"]


def test_an_object_is_told_with_what_it_leans_on_and_nothing_else() -> None:
    reads = {"envFrom": [{"configMapRef": {"name": "web-config"}}]}
    found = timeline(
        snapshot(
            deployment("web", **reads),
            replica_set("web-2", 2, 60, **reads),
            pod("web-2-a"),
            written("ConfigMap", "web-config", 70),
            written("ConfigMap", "other", 70),
            deployment("other", wrote("argocd", 20)),
        ),
        WEB,
    )
    subjects = {m.subject.name for m in found.moments}
    assert "web-config" in subjects
    assert "other" not in subjects


def test_too_many_moments_are_cut_and_what_is_marked_stays() -> None:
    trouble = [event(f"Pod x{n}", f"Unhealthy{n}", n / 100) for n in range(100)]
    found = timeline(
        snapshot(
            deployment("web", wrote("argocd", 70)), event("Deployment web", "Broken", 60), *trouble
        ),
        WEB,
        most=2,
    )
    whole = timeline(snapshot(*trouble), most=10)
    assert {m.what for m in found.moments} == {"changed by argocd", "Broken"}
    assert (len(whole.moments), whole.left_out) == (10, 90)


def test_the_steps_of_an_investigation_lie_beside_what_they_looked_at() -> None:
    steps = (
        Asked(at=ago(-1), question="why?"),
        ToolAnswered(at=ago(-2), call_id="1", tool="diagnose", evidence="E1", summary="3 findings"),
        Said(at=ago(-3), text="The Secret changed."),
        Concluded(at=ago(-4), conclusion=Conclusion(verdict="It is the Secret.")),
    )
    found = with_steps(timeline(snapshot(event("Pod web-1", "BackOff", 5))), steps, "INV-1")
    assert told(found, Lane.AGENT) == ["asked", "E1 diagnose", "concluded"]
    assert told(found, Lane.NOTE) == ["said"]


def test_a_timeline_comes_back_from_its_json() -> None:
    found = timeline(
        snapshot(deployment("web", wrote("argocd", 70)), event("Deployment web", "Broken", 60)), WEB
    )
    again = from_json(to_json(found))
    assert again is not None
    assert text(again) == text(found)
    assert max(map(len, text(found, width=80).splitlines())) <= 80
    assert "".join(text(found, width=80).split()) == "".join(text(found).split())
    assert [row[0] for row in to_json(found)["rows"]] == sorted(
        row[0] for row in to_json(found)["rows"]
    )


@pytest.mark.parametrize(
    "tree", [None, {}, [], {"columns": 3, "rows": 4}, {"columns": [], "rows": [[1]]}, {"rows": []}]
)
def test_what_is_no_timeline_is_none(tree: Any) -> None:
    assert from_json(tree) is None


json = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**9) | st.text(max_size=8)
    | st.sampled_from([
        "2026-11-22T10:00:00Z", "2026-11-22T10:00:00", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-10:00", "web", "True", "Pod",
    ]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([
            "metadata", "spec", "status", "name", "namespace", "uid", "managedFields", "time",
            "manager", "ownerReferences", "kind", "conditions", "lastTransitionTime", "type",
            "creationTimestamp", "firstTimestamp", "lastTimestamp", "involvedObject", "reason",
            "containers", "containerStatuses", "lastState", "terminated", "finishedAt", "template",
            "env", "valueFrom", "secretKeyRef", "selector", "scaleTargetRef", "lastScaleTime",
            "annotations", "deployment.kubernetes.io/revision", "labels", "matchLabels",
        ]), inner, max_size=6),
    max_leaves=40,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([k.KIND for k in KINDS]), json, json, json), max_size=5),
    st.text(max_size=60),
)
def test_no_shape_of_a_cluster_breaks_it(objects: list[Any], log: str) -> None:
    trees = [
        {"kind": kind, "metadata": m, "spec": spec, "status": status}
        for kind, m, spec, status in objects
    ]
    seen = snapshot(*trees, logs={"web": f"2026-11-22T10:00:00Z error {log}"})
    for about in (None, WEB, *(ObjectRef.of(o) for held in seen.objects.values() for o in held)):
        found = timeline(seen, about)
        assert all(m.at.tzinfo is UTC or m.at.utcoffset() is not None for m in found.moments)
        assert text(found)
        assert markdown(found)
        assert picture.svg(found, 390)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_field_of_a_real_object_breaks_it_by_being_odd(data: st.DataObject) -> None:
    trees = [deepcopy(tree) for tree in (*shop(), deployment("web", wrote("argocd", 5)))]
    for _ in range(data.draw(st.integers(1, 4))):
        at: Any = data.draw(st.sampled_from(trees))
        while True:
            keys = [*at] if isinstance(at, dict) else [*range(len(at))]
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and data.draw(st.booleans()):
                at = at[key]
                continue
            if key != "kind":
                at[key] = data.draw(json)
            break
    seen = snapshot(*trees)
    for about in (None, WEB, ObjectRef("Node", "", "worker-1")):
        assert text(timeline(seen, about))
