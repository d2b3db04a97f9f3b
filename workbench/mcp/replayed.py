"""Tools that answer from recorded calls: a cassette of an investigation."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from workbench.core.evidence import Evidence, Outcome
from workbench.core.redaction import redact_value
from workbench.core.tools import CallContext, ToolResult, Tools, ToolSpec
from workbench.errors import OutcomeUnknown, ToolFailed, ToolRefused

ANSWERED = (Outcome.DONE, Outcome.FAILED, Outcome.REFUSED)
CLOSEST = 3


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was asked for and not recorded."""

    tool: str
    arguments: dict[str, Any]


class Replayed:
    """Tools whose answers are those of ``evidence``, under its labels. A question that was asked
    several times gets its answers in their order, and then the last one again.

    specs: what is offered besides the tools that were called.
    live: who is asked what was not recorded; without, such a call fails, and ``missing`` keeps it.
    """

    def __init__(
        self,
        evidence: Sequence[Evidence],
        specs: Iterable[ToolSpec] = (),
        live: Tools | None = None,
    ) -> None:
        self._answers: dict[bytes, deque[Evidence]] = defaultdict(deque)
        self._open: set[bytes] = set()
        self._by_tool: dict[str, list[Evidence]] = defaultdict(list)
        for one in evidence:
            self._by_tool[one.tool].append(one)
            if one.outcome in ANSWERED:
                self._answers[_question(one.tool, one.arguments)].append(one)
            else:
                self._open.add(_question(one.tool, one.arguments))
        given = {spec.name: spec for spec in specs}
        called = {name: _spec(name, rows) for name, rows in self._by_tool.items()}
        self._specs = called | given
        self._live = live
        self.missing: list[Missing] = []

    async def list(self) -> tuple[ToolSpec, ...]:
        return tuple(self._specs.values())

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Raises what was raised when it was recorded; ToolFailed when it was not."""
        question = _question(name, redact_value(arguments))
        answers = self._answers.get(question)
        if answers:
            return _answer(answers.popleft() if len(answers) > 1 else answers[0])
        if self._live is None:
            self.missing.append(Missing(tool=name, arguments=arguments))
            raise self._not_recorded(name)
        spec = self._specs.get(name)
        if question in self._open and not (spec and spec.read_only):
            raise OutcomeUnknown(
                f"{name} was called before and nobody knows whether it ran; it was not sent again.",
                "Read the object it was to change.",
            )
        return await self._live.call(name, arguments, context)

    def _not_recorded(self, name: str) -> ToolFailed:
        close = self._by_tool.get(name, ())[:CLOSEST]
        known = "; ".join(msgspec.json.encode(one.arguments).decode() for one in close)
        hint = f"Recorded with: {known}." if known else "It was not called at all."
        return ToolFailed(f"{name} was not recorded with these arguments; nothing was run.", hint)


def _question(tool: str, arguments: dict[str, Any]) -> bytes:
    """The same for calls that mean the same: empty arguments are as good as none."""
    given = {k: v for k, v in arguments.items() if v not in (None, "", False, [], {})}
    return msgspec.json.encode([tool, given], order="sorted")


def _answer(one: Evidence) -> ToolResult:
    if one.outcome is Outcome.REFUSED:
        raise ToolRefused(one.error)
    if one.outcome is Outcome.FAILED and not one.text:
        raise ToolFailed(one.error)
    return ToolResult(
        text=one.text, data=one.data, failed=one.outcome is Outcome.FAILED, evidence=one.label
    )


def _spec(name: str, rows: Sequence[Evidence]) -> ToolSpec:
    """What can be said of a tool from the calls that were made."""
    properties: dict[str, Any] = {key: {} for row in rows for key in row.arguments}
    server, _, remote = name.partition("_")
    return ToolSpec(
        name=name,
        server=server if remote else "",
        remote_name=remote or name,
        description="Answers from recorded calls.",
        input_schema={"type": "object", "properties": properties},
        read_only=True,
    )
