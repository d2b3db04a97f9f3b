"""What became of the changes that an investigation proposed, as its card tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from workbench.core.change import PROPOSAL_LIFETIME
from workbench.core.characters import one_line
from workbench.core.investigation import ChangeApplied, ChangeDecided, ChangeProposed, Step


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A change and where it stands, in words. ``waits``: for a person."""

    label: str
    command: str
    standing: str
    waits: bool = False

    @property
    def ways(self) -> tuple[str, ...]:
        """What shows all of it to who decides, in a notebook and in a terminal."""
        if not self.waits:
            return ()
        return f"%k8s changes {self.label}", f"workbench approve {self.label}"


def proposed(steps: Sequence[Step], now: datetime) -> tuple[Proposed, ...]:
    """Every change the steps propose, in order, as it stands at ``now``."""
    return tuple(_proposed(s, steps, now) for s in steps if isinstance(s, ChangeProposed))


def _proposed(step: ChangeProposed, steps: Sequence[Step], now: datetime) -> Proposed:
    until = step.at + PROPOSAL_LIFETIME
    known = [*_of(step.change, steps)]
    waits = not known and now < until
    if known:
        standing = "; ".join(_told(one, step.command) for one in known)
    elif waits:
        standing = f"{step.risk} risk, " if step.risk else ""
        standing += f"waits for a person until {_moment(until, now)}"
    else:
        standing = f"nobody decided until {_moment(until, now)}"
    return Proposed(
        label=step.change, command=one_line(step.command), standing=one_line(standing), waits=waits
    )


def _moment(at: datetime, now: datetime) -> str:
    """``04:04 UTC``, with its date on any other day."""
    at = at.astimezone(UTC)
    day = "" if at.date() == now.astimezone(UTC).date() else "%Y-%m-%d "
    return f"{at:{day}%H:%M} UTC"


def _of(change: str, steps: Sequence[Step]) -> Iterator[ChangeDecided | ChangeApplied]:
    for step in steps:
        if isinstance(step, ChangeDecided | ChangeApplied) and step.change == change:
            yield step


def _told(step: ChangeDecided | ChangeApplied, command: str) -> str:
    if isinstance(step, ChangeDecided):
        said = f"{'approved' if step.approved else 'denied'} by {step.by}"
        return f"{said} ({step.reason})" if step.reason else said
    if step.failed:
        return f"{'perhaps made' if step.doubtful else 'not made'}: {step.summary}"
    return f"made: {step.summary.removeprefix(command).removeprefix(': ')}"
