"""What changed before it broke, in the bundled broken shop."""

from __future__ import annotations

import pytest

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.timeline import timeline
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.process import find_snapshot
from workbench.kubernetes.snapshots.typed import typed


@pytest.fixture(scope="module")
def demo() -> ClusterSnapshot:
    return typed(load(find_snapshot("demo")))


@pytest.mark.parametrize(
    "about",
    [
        ObjectRef("Deployment", "payments", "payments-api"),
        ObjectRef("Service", "payments", "payments-api"),
        ObjectRef("Deployment", "shop", "checkout"),
        ObjectRef("Deployment", "shop", "frontend"),
        None,
    ],
    ids=str,
)
def test_the_secret_is_what_changed_before_payments_broke(
    demo: ClusterSnapshot, about: ObjectRef | None
) -> None:
    found = timeline(demo, about)
    assert found.change is not None
    assert str(found.change.subject) == "Secret payments/payments-db"
    assert f"{found.change.at:%H:%M:%S}" == "09:05:48"
    assert "first read when Deployment payments-api rolled out revision 9" in found.change.detail
    assert found.first_symptom is not None
    assert f"{found.first_symptom.at:%H:%M}" in ("09:07", "09:08", "09:09")
    assert "Deployment payments/payments-api" in [str(m.subject) for m in found.also]


def test_the_rollout_is_what_changed_before_search_broke(demo: ClusterSnapshot) -> None:
    found = timeline(demo, ObjectRef("Deployment", "shop", "search"))
    assert found.change is not None
    assert found.change.detail == "image 5.1.3 → 5.2.1"


def test_a_healthy_workload_has_no_mark(demo: ClusterSnapshot) -> None:
    assert timeline(demo, ObjectRef("Deployment", "payments", "fraud-check")).change is None
