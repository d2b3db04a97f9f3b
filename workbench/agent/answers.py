"""What tools answered in one run, in the form that both the steps and the analyst read."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.tools import ToolResult, ToolSpec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One finished tool call.

    remote_name: the tool as its server knows it (``diagnose``), free of any prefix.
    evidence: the label of its row in the record; "" when nothing was recorded.
    """

    call_id: str
    tool: str
    remote_name: str
    arguments: dict[str, Any]
    text: str = ""
    data: Any = None
    failed: bool = False
    evidence: str = ""
    duration_ms: float = 0.0

    @property
    def given(self) -> bool:
        """Whether the call was made for the model, before it was asked."""
        return self.call_id.startswith(GIVEN)


GIVEN = ("triage_", "table_", "before_")
"""How the ids of such calls begin; see ``triage``, ``given`` and ``retraced``."""


def answered(
    spec: ToolSpec, call_id: str, arguments: dict[str, Any], result: ToolResult, duration_ms: float
) -> Answer:
    """The answer a tool gave, or the failure it reported."""
    return Answer(
        call_id=call_id,
        tool=spec.name,
        remote_name=spec.remote_name,
        arguments=arguments,
        text=result.text,
        data=result.data,
        failed=result.failed,
        evidence=result.evidence,
        duration_ms=duration_ms,
    )


class Ledger:
    """The answers of one run in the order they came, how many calls were made, and how many more
    the budget had no room for."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.calls = 0
        self.refused = 0
        self._answers: dict[str, Answer] = {}

    def open(self) -> bool:
        """Count one call; False when the budget has no room for it."""
        if self.limit is not None and self.calls >= self.limit:
            self.refused += 1
            return False
        self.calls += 1
        return True

    @property
    def left(self) -> int | None:
        return None if self.limit is None else self.limit - self.calls

    def add(self, answer: Answer) -> None:
        self._answers[answer.call_id] = answer

    def get(self, call_id: str) -> Answer | None:
        return self._answers.get(call_id)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(self._answers.values())

    @property
    def labels(self) -> frozenset[str]:
        """The evidence labels a conclusion may cite."""
        return frozenset(a.evidence for a in self._answers.values() if a.evidence)
