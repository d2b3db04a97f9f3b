"""Settings that name Services."""

from __future__ import annotations

import pytest

from tests.support.analysis import snapshot_of
from workbench.analyzers import analyze


def told(address: str, *services: str) -> list[str]:
    """What is said of a workload in the namespace `shop` that is set up to call the address."""
    container = {"name": "web", "env": [{"name": "BACKEND_URL", "value": address}]}
    caller = {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
    }  # fmt: skip
    named = [
        {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"ports": [{"port": 80}]},
        }
        for name in services
    ]  # fmt: skip
    snapshot = snapshot_of([caller, *named])
    diagnosis = analyze(snapshot, snapshot.taken_at)
    return [f.message for f in diagnosis.findings if f.code == "SERVICE_REFERENCE_MISSING"]


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("http://api-2.shop.svc:80", "api-2"),
        ("http://api-2:80", "api-2"),
        ("http://api-2.api.shop.svc.cluster.local:80", "api"),
        ("http://api-2.api.shop.svc:80", "api"),
    ],
)
def test_a_service_may_be_called_as_a_pod_of_a_set_is(address: str, service: str) -> None:
    assert told(address, service, "web") == []
    assert told(address, "web") != []
