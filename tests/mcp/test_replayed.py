"""A cassette answers what was recorded, says what was not, and makes nothing up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.support import samples
from tests.support.scripted_tools import ScriptedTools, load
from workbench.core.evidence import Evidence, Outcome
from workbench.core.tools import CallContext
from workbench.errors import OutcomeUnknown, ToolFailed, ToolRefused
from workbench.mcp.replayed import Replayed

CONTEXT = CallContext(investigation=UUID(int=1), user="ann")


def row(label: str, tool: str = "kube_logs", **fields: Any) -> Evidence:
    return msgspec.structs.replace(
        samples.EVIDENCE[0], label=label, tool=tool, outcome=Outcome.DONE, data=None, **fields
    )


async def test_an_answer_comes_back_under_its_label() -> None:
    tools = Replayed([row("E1", arguments={"pod": "web"}, text="started")])
    result = await tools.call("kube_logs", {"pod": "web", "container": "", "since": None}, CONTEXT)
    assert (result.text, result.evidence) == ("started", "E1")


async def test_a_question_asked_twice_gets_its_answers_in_order() -> None:
    same: dict[str, Any] = {"arguments": {"pod": "web"}}
    tools = Replayed([row("E1", text="one", **same), row("E2", text="two", **same)])
    labels = [(await tools.call("kube_logs", {"pod": "web"}, CONTEXT)).evidence for _ in range(3)]
    assert labels == ["E1", "E2", "E2"]


async def test_what_was_not_recorded_fails_and_is_kept() -> None:
    tools = Replayed([row("E1", arguments={"pod": "web"}, text="started")])
    with pytest.raises(ToolFailed, match="not recorded") as error:
        await tools.call("kube_logs", {"pod": "api"}, CONTEXT)
    assert "web" in error.value.hint
    assert [(m.tool, m.arguments) for m in tools.missing] == [("kube_logs", {"pod": "api"})]


@pytest.mark.parametrize("outcome", [Outcome.RUNNING, Outcome.UNKNOWN, Outcome.CANCELLED])
async def test_a_call_without_an_answer_was_not_recorded(outcome: Outcome) -> None:
    tools = Replayed([msgspec.structs.replace(row("E1", arguments={}), outcome=outcome)])
    with pytest.raises(ToolFailed, match="not recorded"):
        await tools.call("kube_logs", {}, CONTEXT)


async def test_failures_and_refusals_happen_again() -> None:
    said = row("E1", arguments={"pod": "a"}, text="no such pod")
    raised = row("E2", arguments={"pod": "b"}, text="", error="no answer")
    refused = row("E3", arguments={"pod": "c"}, text="", error="not allowed")
    tools = Replayed(
        [
            msgspec.structs.replace(said, outcome=Outcome.FAILED),
            msgspec.structs.replace(raised, outcome=Outcome.FAILED),
            msgspec.structs.replace(refused, outcome=Outcome.REFUSED),
        ]
    )
    assert (await tools.call("kube_logs", {"pod": "a"}, CONTEXT)).failed
    with pytest.raises(ToolFailed, match="no answer"):
        await tools.call("kube_logs", {"pod": "b"}, CONTEXT)
    with pytest.raises(ToolRefused, match="not allowed"):
        await tools.call("kube_logs", {"pod": "c"}, CONTEXT)


async def test_only_what_was_not_recorded_is_asked_live() -> None:
    live = ScriptedTools(load("missing-config"))
    recorded = row("E1", tool="kube_diagnose", arguments={}, text="recorded")
    tools = Replayed([recorded], await live.list(), live=live)
    assert (await tools.call("kube_diagnose", {}, CONTEXT)).text == "recorded"
    await tools.call("kube_events", {"namespace": "shop"}, CONTEXT)
    assert [name for name, _ in live.calls] == ["kube_events"]


async def test_a_change_whose_outcome_is_unknown_is_not_sent_again() -> None:
    live = ScriptedTools(load("missing-config"))
    lost = msgspec.structs.replace(
        row("E1", tool="kube_scale", arguments={"to": 2}), outcome=Outcome.UNKNOWN
    )
    specs = [msgspec.structs.replace(s, read_only=True) for s in await live.list()]
    scale = msgspec.structs.replace(specs[0], name="kube_scale", read_only=False)
    tools = Replayed([lost], [*specs, scale], live=live)
    with pytest.raises(OutcomeUnknown, match="not sent again"):
        await tools.call("kube_scale", {"to": 2}, CONTEXT)
    assert live.calls == []
