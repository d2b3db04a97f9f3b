"""What is said only where it is known."""

from __future__ import annotations

from typing import Any

from tests.support.analysis import snapshot_of
from workbench.analyzers import analyze
from workbench.analyzers.containers.images import classify
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Severity

INGRESS = {
    "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": {
        "ingressClassName": "nginx",
        "rules": [{"http": {"paths": [{
            "path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"number": 80}}},
        }]}}],
    },
}  # fmt: skip
HUB = (
    'failed to pull and unpack image "docker.io/library/wbe:1": failed to resolve reference: pull '
    "access denied, repository does not exist or may require authorization: server message: "
    "insufficient_scope: authorization failed"
)


def judged(*objects: dict[str, Any]) -> Diagnosis:
    snapshot = snapshot_of(list(objects))
    return analyze(snapshot, snapshot.taken_at)


def crashed(message: str) -> dict[str, Any]:
    ended = {"exitCode": 255, "reason": "Error", "message": message}
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"containers": [{"name": "web", "image": "web:2"}]},
        "status": {
            "phase": "Running",
            "containerStatuses": [{
                "name": "web", "ready": False, "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": ended},
            }],
        },
    }  # fmt: skip


def test_an_ingress_alone_does_not_prove_that_its_service_is_missing() -> None:
    for found in judged(INGRESS).findings:
        assert "not exist" not in f"{found.title} {found.message}"
        assert found.severity <= Severity.WARNING


def test_docker_hub_does_not_say_whether_the_repository_is_private() -> None:
    code, says = classify(HUB)
    assert code == "IMAGE_PULL_UNAUTHORIZED"
    assert says.startswith("it does not exist or is private")


def test_a_binary_of_another_platform_is_no_application_error() -> None:
    (found,) = judged(crashed("exec /app/server: exec format error")).findings
    assert "built for another platform" in found.message
    assert "its log" not in found.message
    assert "application error" not in found.message


def test_a_rollout_without_an_older_revision_is_not_to_be_undone() -> None:
    stuck = {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 1},
        "status": {"conditions": [{
            "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
        }]},
    }  # fmt: skip
    found = judged(stuck).findings
    assert "ROLLOUT_STUCK" in {f.code for f in found}
    assert not any("rollout undo" in step for f in found for step in f.next_steps)
