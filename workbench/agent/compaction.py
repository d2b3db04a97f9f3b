"""A history that fits what a model holds at once.

Nothing is lost by it: every result is in the record, and ``evidence_read`` opens it by its label.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from msgspec import json
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryPromptPart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from workbench.agent.answers import GIVEN, Answer
from workbench.agent.summaries import summary
from workbench.core.digest import digest

BYTES_PER_TOKEN = 2.5
"""Fewer than English has (4): logs and JSON are dense, and too many tokens are better reckoned than
too few."""
FULL, AFTERWARDS = 0.8, 0.5
"""A history is made smaller when it fills this much of its room, and then to this much, so that the
prompt stays the same for a while and a provider's cache can be read."""
REPLY = 0.12
"""Of the window, for the model's answer."""
SMALLEST = 400  # bytes that are left of a result that must stay


class Turn(NamedTuple):
    """A response of the model, and what came back to it."""

    response: ModelResponse
    request: ModelRequest

    @property
    def calls(self) -> list[ToolCallPart]:
        return [p for p in self.response.parts if isinstance(p, ToolCallPart)]

    @property
    def returns(self) -> list[ToolReturnPart]:
        return [p for p in self.request.parts if isinstance(p, ToolReturnPart)]


def tokens(value: Any) -> int:
    """About how many tokens a text or a part of a message is."""
    if isinstance(value, ModelRequest | ModelResponse):
        return sum(tokens(part) + 4 for part in value.parts)
    if isinstance(value, ToolReturnPart | RetryPromptPart):
        value = value.model_response_str() if isinstance(value, ToolReturnPart) else value.content
    elif isinstance(value, ToolCallPart):
        return tokens(value.args_as_json_str()) + tokens(value.tool_name) + 10
    elif isinstance(value, TextPart | ThinkingPart | UserPromptPart):
        value = value.content
    text = value if isinstance(value, str) else json.encode(value, enc_hook=str).decode()
    return int(len(text.encode()) / BYTES_PER_TOKEN) + 1


class Sizes:
    """Tokens of messages, each reckoned once: a history is sent again with every request."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ModelMessage, int]] = {}

    def of(self, messages: Sequence[ModelMessage]) -> int:
        before, self._known = self._known, {}
        for message in messages:
            known = before.get(id(message))
            size = known[1] if known and known[0] is message else tokens(message)
            self._known[id(message)] = (message, size)
        return sum(size for _, size in self._known.values())


def fits(size: int, limit: int) -> bool:
    """Whether a history of that size may stay as it is."""
    return size <= limit * FULL


def room(window: int, fixed: int) -> int:
    """Tokens a history may have in a window of which ``fixed`` go to instructions and tools."""
    return max(int(window * (1 - REPLY)) - fixed, window // 8)


def compacted(
    messages: Sequence[ModelMessage],
    limit: int,
    answers: Sequence[Answer],
    kept: Callable[[ToolReturnPart], bool],
    cited: Collection[str] = (),
    hide: Callable[[str], str] = str,
) -> list[ModelMessage]:
    """The messages in at most ``limit`` tokens, or the same ones while they fit well.

    The question, the analyzers' findings, calls that have no answer yet and what came last stay.
    Older turns become a line each in a note; of these the oldest are only counted. ``kept`` says
    which results must stay (proposals that wait for a person); results whose label is in ``cited``
    stay for as long as there is room. What stays is made shorter when it is still too much.
    """
    if fits(sum(map(tokens, messages)), limit):
        return list(messages)
    head, turns = _split(messages)
    left = int(limit * AFTERWARDS) - sum(map(tokens, head))
    staying: set[int] = set()
    for place in _by_worth(turns, kept, cited):
        cost = tokens(turns[place].response) + tokens(turns[place].request)
        quoted = any(_label(back) in cited for back in turns[place].returns)
        if _must(turns, place, kept) or cost <= (left - limit // 8 if quoted else left // 2):
            staying.add(place)
            left -= cost
    whole_turns = [turn for place, turn in enumerate(turns) if place in staying]
    folded = [turn for place, turn in enumerate(turns) if place not in staying]
    note = hide(_note(folded, head, whole_turns, answers, max(left, limit // 8)))
    whole = _joined(head, note, whole_turns)
    return whole if fits(sum(map(tokens, whole)), limit) else _shortened(whole, limit)


def _must(turns: Sequence[Turn], place: int, kept: Callable[[ToolReturnPart], bool]) -> bool:
    return place == len(turns) - 1 or any(kept(back) for back in turns[place].returns)


def _by_worth(
    turns: Sequence[Turn], kept: Callable[[ToolReturnPart], bool], cited: Collection[str]
) -> list[int]:
    """What must stay, then what is cited, then the rest, each newest first."""

    def rank(place: int) -> tuple[bool, bool, int]:
        quoted = any(_label(back) in cited for back in turns[place].returns)
        return not _must(turns, place, kept), not quoted, -place

    return sorted(range(len(turns)), key=rank)


def _split(messages: Sequence[ModelMessage]) -> tuple[list[ModelMessage], list[Turn]]:
    """The question with the calls made for the model, and the model's own turns."""
    head: list[ModelMessage] = []
    turns: list[Turn] = []
    for message in messages:
        if isinstance(message, ModelRequest):
            if turns and not turns[-1].request.parts:
                turns[-1] = turns[-1]._replace(request=message)
            else:
                head.append(message)
        elif not turns and _is_given(message):
            head.append(message)
        else:
            turns.append(Turn(message, ModelRequest(parts=[])))
    return head, turns


def _is_given(message: ModelResponse) -> bool:
    """A call made before the model was asked (see ``triage`` and ``given``)."""
    calls = [p for p in message.parts if isinstance(p, ToolCallPart)]
    return bool(calls) and all(c.tool_call_id.startswith(GIVEN) for c in calls)


def _label(back: ToolReturnPart) -> str:
    return str((back.metadata or {}).get("evidence", "")) if isinstance(back.metadata, dict) else ""


def _note(
    folded: Sequence[Turn],
    head: Sequence[ModelMessage],
    staying: Sequence[Turn],
    answers: Sequence[Answer],
    left: int,
) -> str:
    """Earlier calls, a line each, newest last; the oldest only by number when room is short."""
    there = {c.tool_call_id for turn in staying for c in turn.calls}
    there |= {p.tool_call_id for m in head for p in m.parts if isinstance(p, ToolReturnPart)}
    gone = [answer for answer in answers if answer.call_id not in there]
    words = [
        f"You said: {part.content.strip()[:200]}"
        for turn in folded[-2:]
        for part in turn.response.parts
        if isinstance(part, TextPart) and part.content.strip()
    ]
    left -= sum(map(tokens, words)) + 60
    shown: list[str] = []
    for answer in reversed(gone):
        line = _line(answer)
        left -= tokens(line) + 1
        if left < 0:
            break
        shown.append(line)
    more = f"({len(gone) - len(shown)} calls before these are left out.)"
    return "\n".join(
        (
            "Earlier turns were folded to save room. Each line is data about a call you made; "
            'evidence_read(id="E7") opens its result again.',
            *([more] if len(shown) < len(gone) else ()),
            *reversed(shown),
            *words,
        )
    )


def _line(answer: Answer) -> str:
    given = json.encode({k: v for k, v in answer.arguments.items() if v}).decode()[:120]
    return f"{answer.evidence or 'not recorded'} {answer.tool} {given}: {summary(answer)[:100]}"


def _joined(head: list[ModelMessage], note: str, staying: list[Turn]) -> list[ModelMessage]:
    """The note goes to the end of the head, in place of an earlier one."""
    last = head[-1]
    assert isinstance(last, ModelRequest)  # noqa: S101 - a head ends with what the model answers
    parts = [
        p for p in last.parts if not (isinstance(p, UserPromptPart) and p is not last.parts[0])
    ]
    noted = ModelRequest(
        parts=[*parts, UserPromptPart(note)], instructions=last.instructions, run_id=last.run_id
    )
    rest = [m for turn in staying for m in turn if m.parts]
    return [*head[:-1], noted, *rest]


def _shortened(messages: list[ModelMessage], limit: int) -> list[ModelMessage]:
    """Every result cut to the same number of bytes, so that all of them fit."""
    backs = [p for m in messages for p in m.parts if isinstance(p, ToolReturnPart)]
    other = sum(map(tokens, messages)) - sum(map(tokens, backs))
    share = int(max(limit * FULL - other, 0) * BYTES_PER_TOKEN / max(len(backs), 1))
    share = max(share, SMALLEST)
    return [_cut(m, share) if isinstance(m, ModelRequest) else m for m in messages]


def _cut(message: ModelRequest, most: int) -> ModelRequest:
    parts = [
        replace(part, content=_short(part, most))  # type: ignore[arg-type]  # of its subclasses
        if isinstance(part, ToolReturnPart) and tokens(part) * BYTES_PER_TOKEN > most
        else part
        for part in message.parts
    ]
    return replace(message, parts=parts)


def _short(back: ToolReturnPart, most: int) -> str:
    """The digest of a result in its frame."""
    text = back.model_response_str()
    if not text.startswith("<"):
        return digest(text, "", most)
    opening, _, rest = text.partition("\n")
    body, _, closing = rest.rpartition("\n")
    left = max(most - len(opening) - len(closing), SMALLEST // 2)
    return "\n".join((opening, digest(body, _label(back), left), closing))
