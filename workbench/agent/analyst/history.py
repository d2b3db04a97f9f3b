"""What pydantic-ai's message history holds, in the analyst's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from pydantic_ai.messages import ModelMessage, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.tools import ToolDefinition

from workbench.agent.analyst.offers import Offer, offer
from workbench.agent.answers import Answer
from workbench.agent.framing import read_frame


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The newest question and everything tools have answered so far."""

    question: str
    answers: tuple[Answer, ...]


def read(messages: Sequence[ModelMessage], tools: Iterable[ToolDefinition]) -> Reading:
    """The question is the first text of the newest user prompt; scope and the like follow it."""
    remote = {t.name: remote_name(t) for t in tools}
    question = ""
    calls: dict[str, ToolCallPart] = {}
    answers: list[Answer] = []
    for message in messages:
        for part in message.parts:
            match part:
                case UserPromptPart(content=content):
                    question = _first_text(content) or question
                case ToolCallPart():
                    calls[part.tool_call_id] = part
                case ToolReturnPart() if part.tool_name in remote:
                    answers.append(_answer(part, calls.get(part.tool_call_id), remote))
    return Reading(question=question, answers=tuple(answers))


def offers(tools: Iterable[ToolDefinition]) -> tuple[Offer, ...]:
    return tuple(offer(t.name, remote_name(t), t.parameters_json_schema) for t in tools)


def remote_name(tool: ToolDefinition) -> str:
    """The name as its server knows it; without a note of it, what follows the prefix."""
    noted = (tool.metadata or {}).get("remote_name")
    return noted if isinstance(noted, str) else tool.name.partition("_")[2] or tool.name


def _first_text(content: object) -> str:
    if isinstance(content, str):
        return content
    texts = [c for c in content if isinstance(c, str)] if isinstance(content, Sequence) else []
    return texts[0] if texts else ""


def _answer(part: ToolReturnPart, call: ToolCallPart | None, remote: dict[str, str]) -> Answer:
    label, body = read_frame(part.model_response_str(wrap_if_error=False))
    noted = part.metadata if isinstance(part.metadata, dict) else {}
    return Answer(
        call_id=part.tool_call_id,
        tool=part.tool_name,
        remote_name=remote[part.tool_name],
        arguments=call.args_as_dict() if call else {},
        text=noted.get("text", body),
        data=noted.get("data"),
        failed=part.outcome != "success",
        evidence=noted.get("evidence", label),
    )
