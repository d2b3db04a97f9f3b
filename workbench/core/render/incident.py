"""Incidents as text: a line of a list, one whole, and why one is like another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.core.characters import visible
from workbench.core.incident import Incident, Similar


def line(one: Incident) -> str:
    """``INC-3    fixed     2026-03-04 03:12  checkout is down  INV-12``."""
    attached = f"  {', '.join(one.investigations)}" if one.investigations else ""
    return (
        f"{one.label:<8}{standing(one):<10}{one.opened_at:%Y-%m-%d %H:%M}  "
        f"{visible(one.title)}{attached}"
    )


def standing(one: Incident) -> str:
    """How it ended, or ``open``."""
    return one.outcome.value if one.outcome else "open"


def whole(one: Incident) -> list[str]:
    """Every line about it."""
    closed = f"{one.closed_at:%Y-%m-%d %H:%M} by {one.closed_by}" if one.closed_at else ""
    told = {"cause": one.cause, "fix": one.fix, "closed": closed}
    lines = [line(one), *(f"  {k:<10}{visible(v)}" for k, v in told.items() if v)]
    lines += [f"  {n.at:%Y-%m-%d %H:%M}  {n.author}: {visible(n.text)}" for n in one.notes]
    return [*lines, *(f"  {k:<10}{visible(v)}" for k, v in _known_by(one).items() if v)]


def _known_by(one: Incident) -> dict[str, str]:
    """What others are compared with; patterns of log lines are left out."""
    named = [feature.partition(":") for feature in one.features]
    told = {"found": "code", "about": "object"}
    return {say: ", ".join(v for k, _, v in named if k == kind) for say, kind in told.items()}


def alike(found: Iterable[Similar]) -> Iterator[str]:
    """Earlier incidents, each with what it was and why it is like the one at hand."""
    for one in found:
        yield line(one.incident)
        yield f"  cause   {visible(one.incident.cause)}"
        if one.incident.fix:
            yield f"  fix     {visible(one.incident.fix)}"
        yield from (f"  like    {visible(why)}" for why in one.why)
