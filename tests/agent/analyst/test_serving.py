"""A workload that serves while its rollout hangs."""

from __future__ import annotations

import pytest

from tests.agent.analyst.test_proposals import triage
from tests.support.scripted_tools import NOW, finding
from workbench.agent.analyst.conclude import conclude
from workbench.agent.answers import Answer
from workbench.core.diagnosis import Diagnosis, to_json

STUCK = {
    "code": "ROLLOUT_STUCK", "subject": "Deployment shop/web", "root_cause": True,
    "message": "The rollout of Deployment web is stuck: 2 of 2 replicas available, 1 updated",
}  # fmt: skip
SLOW = {
    "code": "LOG_ERRORS", "subject": "Deployment shop/web", "root_cause": True,
    "message": "container web runs, but database queries are slow", "severity": "warning",
}  # fmt: skip


def both() -> Answer:
    judged = Diagnosis(cluster="c", now=NOW, findings=(finding(STUCK), finding(SLOW)))
    return Answer(
        call_id="t1", tool="kube_diagnose", remote_name="diagnose", arguments={}, text="",
        data=to_json(judged), evidence="E1", failed=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("why is web slow?", "queries are slow"),
        ("why is web down?", "Deployment shop/web is up (2 of 2 replicas available)"),
    ],
)
def test_what_is_asked_about_is_told_first(question: str, says: str) -> None:
    verdict = conclude(question, (both(),)).verdict
    assert says in verdict.partition(";")[0]


def test_nothing_is_changed_for_a_name_that_is_not_here() -> None:
    killed = {
        "code": "POD_OOM_KILLED", "subject": "Deployment shop/web", "root_cause": True,
        "message": "container web was killed for memory", "detail": "web",
        "evidence": [["Pod shop/web-1", "spec.containers[web].resources.limits.memory", "128Mi"]],
    }  # fmt: skip
    steps = conclude("why is billing-worker crashing?", (triage(killed),)).next_steps
    assert steps
    assert not any("set resources" in step for step in steps)
