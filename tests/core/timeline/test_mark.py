"""What changed before it broke."""

from __future__ import annotations

from tests.core.timeline.clusters import (
    NOW,
    WEB,
    ago,
    deployment,
    event,
    pod,
    replica_set,
    service,
    snapshot,
    written,
    wrote,
)
from workbench.core.timeline import Timeline, timeline

READS = {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "db", "key": "k"}}}]}


def change(found: Timeline) -> str:
    return f"{found.change.subject} {found.change.what}" if found.change else ""


def broken(*trees: dict[str, object], minutes: float = 10) -> Timeline:
    return timeline(
        snapshot(pod("web-2-a"), event("Pod web-2-a", "BackOff", minutes, 1), *trees), WEB
    )


def test_the_rollout_before_the_first_warning_is_marked() -> None:
    found = broken(
        deployment("web", wrote("kubectl-set", 12), image="web:2"),
        replica_set("web-1", 1, 600),
        replica_set("web-2", 2, 12, image="web:2"),
    )
    assert change(found) == "Deployment shop/web rolled out revision 2"
    assert found.change is not None
    assert found.change.detail == "image 1 → 2" or "web:1 → web:2" in found.change.detail
    assert found.first_symptom is not None
    assert found.first_symptom.at == ago(10)


def test_relation_goes_before_time() -> None:
    found = broken(
        deployment("web"),
        replica_set("web-2", 2, 15),
        written("ConfigMap", "unrelated", 11),
        service("web", "web", minutes=11),
    )
    assert change(found) == "Deployment shop/web rolled out revision 2"
    assert [m.subject.kind for m in found.also] == ["Service"]


def test_configuration_that_a_rollout_is_the_first_to_read_takes_its_place() -> None:
    found = broken(
        deployment("web", **READS),
        replica_set("web-1", 1, 600, **READS),
        replica_set("web-2", 2, 12, **READS),
        written("Secret", "db", 14, "external-secrets"),
    )
    assert change(found) == "Secret shop/db changed by external-secrets"
    assert "first read when Deployment web rolled out revision 2" in str(found.change)
    assert found.also[0].what == "rolled out revision 2"


def test_configuration_that_earlier_pods_had_read_already_does_not() -> None:
    found = broken(
        deployment("web", **READS),
        replica_set("web-1", 1, 100, **READS),
        replica_set("web-2", 2, 12, **READS),
        written("Secret", "db", 200),
    )
    assert change(found) == "Deployment shop/web rolled out revision 2"


def test_a_change_after_the_first_symptom_is_not_marked() -> None:
    found = broken(deployment("web"), replica_set("web-2", 2, 5))
    assert found.change is None
    assert found.first_symptom is not None


def test_a_change_of_last_week_is_not_marked() -> None:
    assert broken(deployment("web"), replica_set("web-2", 2, 60 * 24 * 7)).change is None


def test_trouble_that_was_over_is_not_the_first_symptom() -> None:
    found = broken(
        deployment("web"),
        replica_set("web-2", 2, 12),
        event("Pod web-2-a", "Unhealthy", 600, 590),
    )
    assert found.first_symptom is not None
    assert found.first_symptom.at == ago(10)


def test_a_change_to_what_a_caller_calls_is_found() -> None:
    calls = {"env": [{"name": "API", "value": "http://api.shop.svc.cluster.local:8080/v1"}]}
    found = broken(
        deployment("web", **calls),
        service("api", "api"),
        deployment("api", wrote("argocd", 11)),
        replica_set("api-1", 1, 600, owner="api"),
        pod("api-1-a", "ReplicaSet api-1", app="api"),
        replica_set("web-2", 2, 60 * 48),
    )
    assert change(found) == "Deployment shop/api changed by argocd"


def test_a_log_line_says_whose_changes_to_look_at() -> None:
    line = "2026-11-22T12:50:00Z level=error msg=failed url=http://api.shop.svc:80/"
    found = timeline(
        snapshot(
            deployment("web"),
            replica_set("web-2", 2, 15),
            pod("web-2-a"),
            service("api", "api"),
            deployment("api", wrote("argocd", 40)),
            replica_set("api-1", 1, 600, owner="api"),
            pod("api-1-a", "ReplicaSet api-1", app="api"),
            logs={"web-2-a": line},
        ),
        WEB,
    )
    assert change(found) == "Deployment shop/api changed by argocd"


def test_of_a_whole_cluster_the_newest_trouble_with_a_change_nearby_is_marked() -> None:
    found = timeline(
        snapshot(
            deployment("web"),
            replica_set("web-2", 2, 12),
            pod("web-2-a"),
            event("Pod web-2-a", "BackOff", 10, 1),
            event("Pod stray", "FailedMount", 5, 1),
        )
    )
    assert change(found) == "Deployment shop/web rolled out revision 2"


def test_writes_of_the_control_plane_are_no_changes() -> None:
    managed = [wrote("kube-controller-manager", 11), wrote("argocd", 11, "status")]
    assert broken(deployment("web", *managed)).change is None


def test_nothing_broken_marks_nothing() -> None:
    found = timeline(snapshot(deployment("web", wrote("argocd", 11))), WEB)
    assert (found.change, found.first_symptom, found.until) == (None, None, NOW)
