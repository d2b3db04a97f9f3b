"""The wrappers together: what is written, what is returned, and in which order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.mcp.conftest import Ledger, until
from tests.support.records import MemoryRecord
from workbench.core.evidence import Intent
from workbench.core.tools import CallContext, McpServer, ToolResult, Tools, ToolSpec
from workbench.errors import (
    OutcomeUnknown,
    StoreUnavailable,
    ToolFailed,
    ToolRefused,
    ToolTimeout,
    ToolUnknown,
    WorkbenchError,
)
from workbench.mcp import outcomes
from workbench.mcp.hub import ToolHub
from workbench.mcp.recorded import LARGE_BYTES, STORED_BYTES
from workbench.mcp.stack import Governed, governed

NOW = datetime(2026, 2, 11, 10, tzinfo=UTC)
READ = ToolSpec(
    name="t_read", server="t", remote_name="read", description="", input_schema={}, read_only=True
)


class Scripted:
    """Tools with one read-only tool that does what the test says."""

    def __init__(self, act: Callable[[dict[str, Any]], ToolResult | WorkbenchError]) -> None:
        self._act = act

    async def list(self) -> tuple[ToolSpec, ...]:
        return (READ,)

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        outcome = self._act(arguments)
        if isinstance(outcome, WorkbenchError):
            raise outcome
        return outcome


def stack(tools: Tools, record: MemoryRecord) -> Governed:
    ids, ticks = count(1), count()
    return governed(
        tools,
        record,
        cluster="prod",
        now=lambda: NOW,
        timer=lambda: next(ticks) * 0.25,
        new_id=lambda: UUID(int=next(ids)),
    )


@pytest.fixture
async def tools(hub: ToolHub, record: MemoryRecord) -> Governed:
    return stack(hub, record)


async def test_a_call_is_an_intent_and_an_outcome_and_carries_its_label(
    tools: Governed, record: MemoryRecord, context: CallContext
) -> None:
    result = await tools.call("stub_echo", {"text": "hi"}, context)
    assert (result.data, result.evidence) == ("hi", "E1")
    await tools.settled()
    intent, ended = record.intents[UUID(int=1)], record.endings[UUID(int=1)]
    assert msgspec.structs.asdict(intent) == {
        "id": UUID(int=1), "investigation": UUID(int=1), "user": "jane", "surface": "test",
        "server": "stub", "tool": "stub_echo", "arguments": {"text": "hi"}, "cluster": "prod",
        "at": NOW,
    }  # fmt: skip
    assert (ended.outcome.value, ended.text, ended.data, ended.duration_ms) == (
        "done", "hi", "hi", 250.0,
    )  # fmt: skip


async def test_the_intent_is_written_before_the_tool_runs(
    tools: Governed, record: MemoryRecord, context: CallContext, ledger: Ledger
) -> None:
    seen: list[list[str]] = []
    record.on_intend = lambda _: seen.append(ledger())
    await tools.call("stub_pid", {}, context)
    assert (seen, ledger()) == ([[]], ["pid"])


async def test_without_a_record_nothing_runs(
    tools: Governed, record: MemoryRecord, context: CallContext, ledger: Ledger
) -> None:
    record.down = True
    with pytest.raises(StoreUnavailable, match="nothing was run"):
        await tools.call("stub_pid", {}, context)
    assert ledger() == []
    record.down = False
    assert (await tools.call("stub_pid", {}, context)).text


async def test_a_tool_nobody_vouched_for_is_refused_and_the_refusal_recorded(
    tools: Governed, record: MemoryRecord, context: CallContext, ledger: Ledger
) -> None:
    with pytest.raises(ToolRefused, match="changes are off"):
        await tools.call("stub_write", {}, context)
    await tools.settled()
    assert record.rows == [("stub_write", "refused")]
    assert ledger() == []


async def test_a_tool_of_a_server_that_died_is_judged_before_it_runs(
    tools: Governed, record: MemoryRecord, context: CallContext, ledger: Ledger
) -> None:
    with pytest.raises(WorkbenchError):
        await tools.call("stub_crash", {}, context)
    with pytest.raises(ToolRefused):
        await tools.call("stub_write", {}, context)
    assert "write" not in ledger()


async def test_what_was_asked_for_and_is_not_there_is_recorded_too(
    tools: Governed, record: MemoryRecord, context: CallContext
) -> None:
    with pytest.raises(ToolUnknown):
        await tools.call("stub_nothing", {}, context)
    with pytest.raises(ToolFailed):
        await tools.call("stub_echo", {}, context)
    await tools.settled()
    assert record.rows == [("stub_nothing", "failed"), ("stub_echo", "failed")]


async def test_a_reported_failure_is_returned_and_recorded_as_one(
    tools: Governed, record: MemoryRecord, context: CallContext
) -> None:
    result = await tools.call("stub_fail", {}, context)
    assert (result.failed, result.evidence) == (True, "E1")
    await tools.settled()
    assert record.rows == [("stub_fail", "failed")]


@pytest.mark.parametrize("error", [ToolTimeout("no answer"), OutcomeUnknown("went away")])
async def test_an_answer_that_never_came_is_recorded_as_unknown(
    error: WorkbenchError, record: MemoryRecord, context: CallContext
) -> None:
    tools = stack(Scripted(lambda _: error), record)
    with pytest.raises(type(error)):
        await tools.call("t_read", {}, context)
    await tools.settled()
    assert record.rows == [("t_read", "unknown")]


async def test_a_call_that_breaks_off_for_any_reason_does_not_stay_open(
    record: MemoryRecord, context: CallContext
) -> None:
    def act(_: dict[str, Any]) -> ToolResult:
        raise ZeroDivisionError

    tools = stack(Scripted(act), record)
    with pytest.raises(ZeroDivisionError):
        await tools.call("t_read", {}, context)
    await tools.settled()
    assert record.rows == [("t_read", "unknown")]


async def test_a_stopped_call_is_recorded_as_cancelled(
    tools: Governed, record: MemoryRecord, context: CallContext, ledger: Ledger
) -> None:
    call = asyncio.create_task(tools.call("stub_hang", {}, context))
    await until(lambda: "hang" in ledger())
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 2)
    await tools.settled()
    assert record.rows == [("stub_hang", "cancelled")]


async def test_a_call_stopped_while_its_intent_is_written_is_closed_and_not_run(
    tools: Governed, record: MemoryRecord, context: CallContext, ledger: Ledger
) -> None:
    record.intend_takes = 0.05
    call = asyncio.create_task(tools.call("stub_pid", {}, context))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await tools.flush() == 0
    assert record.rows == [("stub_pid", "cancelled")]
    assert ledger() == []


async def test_twenty_calls_stopped_at_any_moment_all_end_in_the_record(
    tools: Governed, record: MemoryRecord, context: CallContext
) -> None:
    record.intend_takes = 0.002
    for n in range(20):
        call = asyncio.create_task(tools.call("stub_slow", {"seconds": 0.003}, context))
        await asyncio.sleep(n / 2000)
        call.cancel()
        await asyncio.wait({call})
    await tools.flush()
    assert {outcome for _, outcome in record.rows} <= {"cancelled", "done"}
    assert "cancelled" in {outcome for _, outcome in record.rows}


async def test_an_outcome_the_record_did_not_take_is_written_later(
    record: MemoryRecord, context: CallContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "RETRY_SECONDS", (0.01,))

    def act(_: dict[str, Any]) -> ToolResult:
        record.down = True  # between the intent and the outcome
        return ToolResult(text="it ran")

    tools = stack(Scripted(act), record)
    assert (await tools.call("t_read", {}, context)).text == "it ran"
    assert record.rows == [("t_read", "running")]
    record.down = False
    assert await tools.flush() == 0
    assert record.rows == [("t_read", "done")]


async def test_an_outcome_the_record_will_never_take_does_not_hold_up_the_others(
    record: MemoryRecord, context: CallContext, caplog: pytest.LogCaptureFixture
) -> None:
    def act(_: dict[str, Any]) -> ToolResult:
        record.unknown.add(UUID(int=1))
        return ToolResult(text="it ran")

    tools = stack(Scripted(act), record)
    await tools.call("t_read", {}, context)
    await tools.call("t_read", {}, context)
    assert await tools.flush() == 0
    assert record.rows == [("t_read", "running"), ("t_read", "done")]
    assert "cannot be recorded" in caplog.text


async def test_no_call_is_let_through_while_too_many_outcomes_wait(
    record: MemoryRecord, context: CallContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "MAX_WAITING", 3)

    def act(_: dict[str, Any]) -> ToolResult:
        record.down = True
        return ToolResult(text="it ran")

    tools = stack(Scripted(act), record)
    for n in range(3):
        record.down = False
        elsewhere = msgspec.structs.replace(context, investigation=UUID(int=100 + n))
        await tools.call("t_read", {}, elsewhere)
    with pytest.raises(StoreUnavailable, match="3 outcomes behind"):
        await tools.call("t_read", {}, context)
    assert await tools.flush(0.01) == 3


async def test_secrets_reach_neither_the_record_nor_the_caller(
    tools: Governed, record: MemoryRecord, context: CallContext
) -> None:
    result = await tools.call("stub_leak", {}, context)
    await tools.settled()
    everything = msgspec.json.encode([result, list(record.endings.values())]).decode()
    assert "hunter2" not in everything
    assert "aHVudGVyMg" not in everything
    assert result.data["data"] == {"password": "«redacted:secret-data»"}


async def test_a_secret_argument_reaches_the_tool_but_not_the_record(
    record: MemoryRecord, context: CallContext
) -> None:
    given: list[dict[str, Any]] = []

    def act(arguments: dict[str, Any]) -> ToolResult:
        given.append(arguments)
        return ToolResult(text="ok")

    await stack(Scripted(act), record).call("t_read", {"password": "hunter22"}, context)
    assert given == [{"password": "hunter22"}]
    assert record.intents[UUID(int=1)].arguments == {"password": "«redacted:password»"}


async def test_a_secret_in_an_error_is_taken_out_of_it(
    record: MemoryRecord, context: CallContext
) -> None:
    error = ToolFailed("dial postgres://app:hunter2@db/app failed.", "Set password=hunter2")
    tools = stack(Scripted(lambda _: error), record)
    with pytest.raises(ToolFailed) as caught:
        await tools.call("t_read", {}, context)
    await tools.settled()
    assert "hunter2" not in str(caught.value) + record.endings[UUID(int=1)].error


async def test_a_long_text_is_cut_for_the_model_and_whole_in_the_record(
    record: MemoryRecord, context: CallContext
) -> None:
    rows = [f"line {n}" for n in range(20_000)]
    answer = ToolResult(text="\n".join(rows), data=rows)
    tools = stack(Scripted(lambda _: answer), record)
    result = await tools.call("t_read", {}, context)
    assert len(result.text.encode()) <= 16 * 1024
    assert 'evidence_read(id="E1")' in result.text
    assert result.data == rows
    await tools.settled()
    assert record.endings[UUID(int=1)].text == answer.text


async def test_the_record_keeps_a_huge_result_up_to_its_limit_and_says_so(
    record: MemoryRecord, context: CallContext
) -> None:
    answer = ToolResult(text="x" * (STORED_BYTES + 1), data=["y" * STORED_BYTES])
    tools = stack(Scripted(lambda _: answer), record)
    result = await tools.call("t_read", {}, context)
    await tools.settled()
    ended = record.endings[UUID(int=1)]
    assert STORED_BYTES < len(ended.text) < STORED_BYTES + 200
    assert f"{STORED_BYTES + 1:,} bytes in all" in ended.text
    assert ended.data is None
    assert result.data == answer.data


async def test_a_large_outcome_does_not_go_along_with_the_next_intent(
    record: MemoryRecord, context: CallContext
) -> None:
    answers = iter(["x" * (LARGE_BYTES + 1), "small", "last"])
    tools = stack(Scripted(lambda _: ToolResult(text=next(answers))), record)
    for _ in range(3):
        await tools.call("t_read", {}, context)
    await tools.settled()
    assert record.together == [UUID(int=2)]
    assert record.endings[UUID(int=1)].large


async def test_ids_and_times_have_defaults_that_sort(
    hub: ToolHub, record: MemoryRecord, context: CallContext
) -> None:
    tools = governed(hub, record)
    for _ in range(3):
        await tools.call("stub_pid", {}, context)
    intents: list[Intent] = list(record.intents.values())
    assert [i.id.version for i in intents] == [7, 7, 7]
    assert [i.id for i in intents] == sorted(i.id for i in intents)
    assert intents[0].at.tzinfo is UTC


async def test_a_server_killed_between_calls_is_back_for_the_next_one(
    stub: Callable[..., McpServer], record: MemoryRecord, context: CallContext
) -> None:
    async with ToolHub([stub()], frozenset(("stub",))) as hub:
        tools = stack(hub, record)
        for _ in range(5):
            pid = int((await tools.call("stub_pid", {}, context)).text)
            os.kill(pid, signal.SIGKILL)
        assert (await tools.call("stub_pid", {}, context)).text != str(pid)
        await tools.settled()
    assert {outcome for _, outcome in record.rows} == {"done"}


async def test_an_outcome_goes_along_with_the_next_intent(
    record: MemoryRecord, context: CallContext
) -> None:
    tools = stack(Scripted(lambda _: ToolResult(text="it ran")), record)
    for _ in range(3):
        await tools.call("t_read", {}, context)
    assert record.together == [UUID(int=1), UUID(int=2)]
    await tools.settled()
    assert [outcome for _, outcome in record.rows] == ["done"] * 3


async def test_an_outcome_never_goes_along_with_an_intent_of_another_investigation(
    record: MemoryRecord, context: CallContext
) -> None:
    tools = stack(Scripted(lambda _: ToolResult(text="it ran")), record)
    await tools.call("t_read", {}, context)
    other = msgspec.structs.replace(context, investigation=UUID(int=99))
    await tools.call("t_read", {}, other)
    assert record.together == []
    await tools.settled()
    assert [outcome for _, outcome in record.rows] == ["done"] * 2


async def test_an_outcome_whose_company_failed_is_written_by_itself(
    record: MemoryRecord, context: CallContext
) -> None:
    tools = stack(Scripted(lambda _: ToolResult(text="it ran")), record)
    await tools.call("t_read", {}, context)
    record.down = True
    with pytest.raises(StoreUnavailable):
        await tools.call("t_read", {}, context)
    record.down = False
    await tools.settled()
    assert record.rows == [("t_read", "done")]


async def test_nothing_is_settled_while_the_record_is_away(
    record: MemoryRecord, context: CallContext
) -> None:
    tools = stack(Scripted(lambda _: ToolResult(text="it ran")), record)
    await tools.call("t_read", {}, context)
    record.down = True
    with pytest.raises(StoreUnavailable):
        await tools.settled(0.05)
    record.down = False
    await tools.settled()
    assert record.rows == [("t_read", "done")]
