"""The analyst proposes what is evident and safe, and only where there is a tool to try it with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.scripted_tools import NOW, finding
from workbench.agent.analyst.offers import Offer
from workbench.agent.analyst.proposals import as_change, proposals
from workbench.agent.answers import Answer
from workbench.core.diagnosis import Diagnosis, to_json

PREVIEW = Offer(
    name="kube_preview_change", remote_name="preview_change",
    arguments=frozenset({"tool", "arguments"}),
)  # fmt: skip
MEMORY = ["Pod shop/web-1", "spec.containers[web].resources.limits.memory", "128Mi"]
KILLED = {
    "code": "POD_OOM_KILLED", "subject": "Deployment shop/web", "root_cause": True,
    "message": "container web was killed for memory", "detail": "web", "evidence": [MEMORY],
}  # fmt: skip


def triage(tree: dict[str, Any]) -> Answer:
    judged = Diagnosis(cluster="c", now=NOW, findings=(finding(tree),))
    return Answer(
        call_id="t1", tool="kube_diagnose", remote_name="diagnose", arguments={}, text="",
        data=to_json(judged), evidence="E1", failed=False,
    )  # fmt: skip


def test_more_memory_for_what_was_killed_is_tried() -> None:
    (call,) = proposals("why is web down?", (PREVIEW,), (triage(KILLED),))
    assert call.tool == "kube_preview_change"
    assert call.arguments == {
        "tool": "set_resources",
        "arguments": {
            "kind": "deployment", "name": "web", "namespace": "shop", "container": "web",
            "limits": {"memory": "256Mi"},
        },
    }  # fmt: skip


def test_without_change_tools_nothing_is_tried() -> None:
    assert proposals("why is web down?", (), (triage(KILLED),)) == ()


def test_it_is_tried_once() -> None:
    (call,) = proposals("why is web down?", (PREVIEW,), (triage(KILLED),))
    tried = Answer(
        call_id="t2", tool=call.tool, remote_name="preview_change", arguments=call.arguments,
        text="refused", data=None, evidence="E2", failed=True,
    )  # fmt: skip
    assert proposals("why is web down?", (PREVIEW,), (triage(KILLED), tried)) == ()


def test_what_is_not_evident_is_not_tried() -> None:
    other = {**KILLED, "code": "POD_CRASH_LOOP", "message": "it exits with 1"}
    assert proposals("why is web down?", (PREVIEW,), (triage(other),)) == ()


@pytest.mark.parametrize(
    ("command", "tool"),
    [
        ("kubectl rollout undo deployment/web -n shop --to-revision=3  # ok", "rollout_undo"),
        ("kubectl set resources deployment/w -n shop -c w --limits=memory=1Gi", "set_resources"),
        ("kubectl delete pod web -n shop", None),
        ("kubectl patch service/web -n shop -p '{}'", None),
    ],
)  # fmt: skip
def test_only_commands_with_a_tool_become_changes(command: str, tool: str | None) -> None:
    change = as_change(command)
    assert (change[0] if change else None) == tool
