"""What people think it might be, and what became of that: folded from an investigation's notes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from workbench.core.investigation import Noted
from workbench.errors import UsageError

OPEN, CONFIRMED, REFUTED = "open", "confirmed", "refuted"
STANDINGS = (OPEN, CONFIRMED, REFUTED)


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """``label`` is ``H1``, in the order they came up; ``at`` is when it last changed."""

    label: str
    text: str
    standing: str
    evidence: tuple[str, ...]
    at: datetime


def board(notes: Iterable[Noted]) -> tuple[Hypothesis, ...]:
    """Every hypothesis as it stands now, in the order they came up."""
    found: dict[str, Hypothesis] = {}
    for note in notes:
        if not note.standing:
            continue
        before = found.get(note.text)
        found[note.text] = Hypothesis(
            label=before.label if before else f"H{len(found) + 1}",
            text=note.text,
            standing=note.standing,
            evidence=tuple(dict.fromkeys((*(before.evidence if before else ()), *note.evidence))),
            at=note.at,
        )
    return tuple(found.values())


def find(hypotheses: Iterable[Hypothesis], label: str) -> Hypothesis:
    """The hypothesis of that label. Raises UsageError."""
    known = {h.label: h for h in hypotheses}
    if label.upper() not in known:
        there = ", ".join(known) or "none yet"
        raise UsageError(f"There is no hypothesis {label}.", f"There are {there}.")
    return known[label.upper()]
