"""What models answered in one investigation, kept so that it can be held again without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from workbench.core.counted import counted
from workbench.errors import ModelUnavailable

Answer = dict[str, Any]
"""A response as the agent library writes it as JSON."""
REVIEWER = "reviewer"
RECORDED = "recorded"
"""Stands before the name of a model that is played and was not asked itself."""


@dataclass
class Tape:
    """Answers by who was answered (``investigator``, ``network-1``, ``reviewer``), in their order.

    name: what was asked about, for people. keep: gets each new answer; where there is none, the
    answers that are there are played.
    """

    name: str
    keep: Callable[[str, Answer], None] | None = None
    _left: dict[str, list[Answer]] = field(default_factory=dict)
    _played: int = 0

    @classmethod
    def of(cls, name: str, answers: Iterable[tuple[str, Answer]]) -> Self:
        """To be played."""
        tape = cls(name)
        for who, answer in answers:
            tape._left.setdefault(who, []).append(answer)
        return tape

    @property
    def reviewed(self) -> bool:
        return REVIEWER in self._left

    def next(self, who: str) -> Answer:
        """Raises ModelUnavailable when it was not asked so often when it was recorded."""
        left = self._left.get(who)
        if not left:
            raise ModelUnavailable(
                f"The recording of {self.name} ends after {counted(self._played, 'answer')}, and "
                f"{who} asks for another.",
                "Prompts, tools or limits are no longer what they were: record it again.",
            )
        self._played += 1
        return left.pop(0)
