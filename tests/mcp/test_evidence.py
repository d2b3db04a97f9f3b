"""What a digest left out is read by label, search, page and path."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.support.records import MemoryRecord
from workbench.core.digest import MODEL_TEXT_BYTES
from workbench.core.evidence import Evidence, Outcome
from workbench.core.tools import CallContext
from workbench.errors import StoreError, StoreUnavailable, ToolFailed, ToolServerDown
from workbench.mcp.evidence import EvidenceRead
from workbench.mcp.hub import ToolHub
from workbench.mcp.stack import governed

LINES = "\n".join(f"line {n} {'ERROR' if n % 1000 == 0 else 'fine'}" for n in range(5000))
PODS = {"items": [{"name": "web-1", "restarts": 9}, {"name": "web-2", "restarts": 0}]}


def evidence(**changes: Any) -> Evidence:
    fields: dict[str, Any] = {
        "id": UUID(int=7),
        "label": "E7",
        "investigation": UUID(int=1),
        "tool": "kube_logs",
        "arguments": {},
        "outcome": Outcome.DONE,
        "cluster": "demo",
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "text": LINES,
    }
    return Evidence(**(fields | changes))


def reader(*found: Evidence) -> EvidenceRead:
    left = list(found)

    async def open(investigation: UUID, label: str) -> Evidence:
        assert investigation == UUID(int=1)
        if label != "E7":
            raise StoreError(f"The investigation has no evidence {label}.", "Labels look like E7.")
        return left.pop(0) if len(left) > 1 else left[0]

    return EvidenceRead(open)


async def read(tool: EvidenceRead, context: CallContext, **arguments: Any) -> list[str]:
    return (await tool.run({"id": "E7", **arguments}, context)).text.splitlines()


async def test_every_line_is_on_some_page_and_every_page_fits(context: CallContext) -> None:
    tool = reader(evidence())
    heading, *lines = await read(tool, context)
    pages = int(heading.split(" of ")[1].split(",")[0])
    for page in range(2, pages + 1):
        result = await tool.run({"id": "E7", "page": page}, context)
        assert len(result.text.encode()) < MODEL_TEXT_BYTES
        lines += result.text.splitlines()[1:]
    assert lines == LINES.splitlines()
    with pytest.raises(ToolFailed, match=f"has {pages} pages"):
        await read(tool, context, page=pages + 1)


async def test_grep_keeps_numbered_lines_with_any_of_the_texts(context: CallContext) -> None:
    _, *lines = await read(reader(evidence()), context, grep="error|line 17 ")
    assert lines[:2] == ["1: line 0 ERROR", "18: line 17 fine"]
    assert len(lines) == 6


async def test_a_text_that_would_be_a_runaway_expression_is_only_a_text(
    context: CallContext,
) -> None:
    found = evidence(text="a" * 200 + "!")
    assert await read(reader(found), context, grep="(a+)+$") == [
        "[E7 kube_logs, page 1 of 1, 0 lines]"
    ]


async def test_a_path_picks_from_structured_results(context: CallContext) -> None:
    found = evidence(text="", data=PODS)
    _, *lines = await read(reader(found), context, path="items[?restarts > `3`].name")
    assert "".join(lines).replace(" ", "") == '["web-1"]'


async def test_a_path_reads_json_that_came_as_text(context: CallContext) -> None:
    found = evidence(text='{"phase": "Running"}')
    assert (await read(reader(found), context, path="phase"))[1:] == ['"Running"']


@pytest.mark.parametrize(
    ("text", "path", "sentence"),
    [
        (LINES, "a", "is text, so that it has no paths"),
        ("{}", "items[", "cannot be used on E7"),
        ("{}", "abs('x')", "cannot be used on E7"),
        ("{}", "a" * 501, "longer than 500"),
    ],
)
async def test_a_path_of_no_use_says_why(
    context: CallContext, text: str, path: str, sentence: str
) -> None:
    with pytest.raises(ToolFailed, match=sentence):
        await read(reader(evidence(text=text)), context, path=path)


async def test_a_label_that_does_not_exist_is_said(context: CallContext) -> None:
    with pytest.raises(ToolFailed, match="no evidence E9"):
        await reader(evidence()).run({"id": "E9"}, context)


async def test_an_outcome_on_its_way_is_waited_for(context: CallContext) -> None:
    running = evidence(outcome=Outcome.RUNNING, text="")
    _, *lines = await read(reader(running, evidence(text="here")), context)
    assert lines == ["here"]


async def test_a_store_that_is_away_is_a_server_down(context: CallContext) -> None:
    async def open(investigation: UUID, label: str) -> Evidence:
        raise StoreUnavailable("The database is away.")

    with pytest.raises(ToolServerDown, match="away"):
        await EvidenceRead(open).run({"id": "E7"}, context)


async def test_reading_evidence_is_guarded_and_recorded_like_any_call(
    context: CallContext, record: MemoryRecord
) -> None:
    async with ToolHub([]) as hub:
        hub.offer(reader(evidence()))
        tools = governed(hub, record)
        assert [tool.name for tool in await tools.list()] == ["evidence_read"]
        result = await tools.call("evidence_read", {"id": "E7", "grep": "line 17 "}, context)
        assert (result.evidence, result.text.splitlines()[1:]) == ("E1", ["18: line 17 fine"])
        with pytest.raises(ToolFailed, match="`id` is missing"):
            await tools.call("evidence_read", {}, context)
        await tools.settled()
    assert record.rows == [("evidence_read", "done"), ("evidence_read", "failed")]


async def test_a_whole_label_opens_evidence_of_another_investigation(context: CallContext) -> None:
    async def here(investigation: UUID, label: str) -> Evidence:
        raise StoreError("Not this one.")

    async def elsewhere(user: str, investigation: str, label: str) -> Evidence:
        assert (user, investigation, label) == (context.user, "INV-3", "E7")
        return evidence(text="then")

    tool = EvidenceRead(here, elsewhere)
    said = (await tool.run({"id": "INV-3/E7"}, context)).text
    assert said.splitlines() == ["[INV-3/E7 kube_logs, page 1 of 1, 1 lines]", "then"]
