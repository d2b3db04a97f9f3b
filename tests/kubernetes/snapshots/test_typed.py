from __future__ import annotations

from datetime import UTC, datetime

from tests.kubernetes.snapshots.shop import obj, pod, snapshot
from workbench.core.cluster import ObjectRef
from workbench.core.objects import (
    CronJob,
    Custom,
    Event,
    HorizontalPodAutoscaler,
    Ingress,
    NodeMetrics,
    Pod,
    PodMetrics,
    Service,
)
from workbench.kubernetes.snapshots.typed import typed


def test_a_kind_of_another_group_never_becomes_the_built_in() -> None:
    cluster = typed(snapshot())
    assert len(cluster.all(Service)) == 1
    assert isinstance(cluster.find(ObjectRef("Service", "shop", "web")), Service)
    customs = {(c.api_version, c.kind) for c in cluster.customs()}
    assert ("serving.knative.dev/v1", "Service") in customs
    assert ("acme.example/v1", "Widget") in customs


def test_a_field_that_does_not_fit_becomes_a_gap() -> None:
    odd = pod("odd")
    odd["spec"] = {**odd["spec"], "nodeName": 7}
    cluster = typed(snapshot(odd))
    found = cluster.get(Pod, "shop", "odd")
    assert found is not None
    assert found.spec.containers
    assert any(g.what == "Pod shop/odd" for g in cluster.gaps)


def test_the_moment_can_be_given() -> None:
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    assert typed(snapshot(), taken_at=moment).taken_at == moment


def test_an_old_ingress_still_names_its_service() -> None:
    backend = {"serviceName": "web", "servicePort": 80}
    rule = {"host": "a", "http": {"paths": [{"path": "/", "backend": backend}]}}
    old = obj("extensions/v1beta1", "Ingress", "old", "shop", spec={"rules": [rule]})
    found = typed(snapshot(old)).get(Ingress, "shop", "old")
    assert found is not None
    assert "web" in str(found.spec)


def test_an_old_autoscaler_still_has_its_metric() -> None:
    spec = {"maxReplicas": 5, "targetCPUUtilizationPercentage": 80}
    old = obj("autoscaling/v1", "HorizontalPodAutoscaler", "old", "shop", spec=spec)
    found = typed(snapshot(old)).get(HorizontalPodAutoscaler, "shop", "old")
    assert found is not None
    assert "80" in str(found.spec)


def test_events_of_the_newer_group_are_events() -> None:
    new = obj(
        "events.k8s.io/v1",
        "Event",
        "new",
        "shop",
        reason="Failed",
        note="it failed",
        regarding={"kind": "Pod", "namespace": "shop", "name": "web-1"},
    )
    cluster = typed(snapshot(new))
    (about,) = cluster.events_about(ObjectRef("Pod", "shop", "web-1"))
    assert isinstance(about, Event)
    assert about.message == "it failed"


def test_an_old_cron_job_and_an_unknown_kind_are_read() -> None:
    cluster = typed(
        snapshot(
            obj("batch/v1beta1", "CronJob", "c", "shop", spec={"schedule": "* * * * *"}),
            obj("acme.example/v1", "Gadget", "g", "shop"),
        )
    )
    assert cluster.get(CronJob, "shop", "c")
    assert isinstance(cluster.find(ObjectRef("Gadget", "shop", "g")), Custom)


def test_what_was_measured_is_read_back() -> None:
    cluster = typed(snapshot())
    assert [m.containers[0].usage["memory"] for m in cluster.all(PodMetrics)] == ["64Mi"]
    assert [m.name for m in cluster.all(NodeMetrics)] == ["node-1"]
