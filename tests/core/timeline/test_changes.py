from __future__ import annotations

from tests.core.timeline.clusters import (
    ago,
    deployment,
    replica_set,
    snapshot,
    template,
    time,
    written,
    wrote,
)
from workbench.core.objects.decode import convert_object
from workbench.core.objects.workloads import Deployment
from workbench.core.timeline import Lane, timeline
from workbench.core.timeline.template import differences


def pods(**container: object) -> object:
    tree = {"spec": {"template": template(**container)}}
    return convert_object(tree, Deployment)[0].spec.template


def test_a_template_says_what_differs_and_never_a_value() -> None:
    old = pods(
        image="r.example/web:1",
        env=[{"name": "A", "value": "hunter2"}, {"name": "B", "value": "x"}],
        resources={"limits": {"memory": "1Gi"}},
        livenessProbe={"periodSeconds": 10},
    )
    new = pods(
        image="r.example/web:2",
        env=[{"name": "A", "value": "hunter3"}, {"name": "C", "value": "x"}],
        resources={"limits": {"memory": "2Gi"}},
        livenessProbe={"periodSeconds": 5},
    )
    assert differences(old, new) == (  # type: ignore[arg-type]
        "image 1 → 2",
        "env +C -B ~A",
        "memory limit 1Gi → 2Gi",
        "liveness probe period_seconds 10 → 5",
    )


def test_a_rollback_is_told_at_the_time_it_was_asked_for() -> None:
    found = timeline(
        snapshot(
            deployment("web", wrote("kubectl-rollout", 5)),
            replica_set("web-a", 3, 600),
            replica_set("web-b", 2, 100, image="web:2"),
        )
    )
    assert [(m.what, m.at.isoformat()) for m in found.moments if m.fact == "rollout"] == [
        ("rolled out revision 2", time(100)),
        ("rolled back to web-a", time(5)),
    ]


def test_a_write_names_its_manager_and_scaling_is_told_apart() -> None:
    found = timeline(
        snapshot(deployment("web", wrote("kubectl-edit", 50), wrote("hpa", 20, "scale"))),
        since=ago(10**6),
    )
    whats = [m.what for m in found.moments if m.lane is Lane.CHANGE]
    assert whats == ["created", "changed by kubectl-edit", "scaled by hpa"]


def test_a_change_the_controller_has_not_seen_is_a_warning() -> None:
    tree = deployment("web", wrote("kubectl-edit", 50))
    tree["metadata"]["generation"] = 5
    tree["status"] = {"observedGeneration": 4}
    (warning,) = (m for m in timeline(snapshot(tree)).moments if m.warning)
    assert warning.detail == "the controller has seen generation 4 of 5"


def test_an_autoscaler_tells_when_it_scaled() -> None:
    scaler = written(
        "HorizontalPodAutoscaler",
        "web",
        900,
        spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
        status={"lastScaleTime": time(7), "desiredReplicas": 9},
    )
    moments = timeline(snapshot(scaler)).moments
    assert "Deployment web, 9 replicas wanted" in [m.detail for m in moments]


def test_bookkeeping_config_maps_are_left_out() -> None:
    found = timeline(snapshot(written("ConfigMap", "kube-root-ca.crt", 5)))
    assert found.moments == ()
