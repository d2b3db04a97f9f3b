"""What changed between two answers to the same question, worked out from recorded evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from workbench.core.evidence import Evidence, Outcome
from workbench.core.normalise import normalise

MOST_CHANGES = 1000
"""Changes kept of one pair of answers; two that differ more are about different things."""


class Kind(Enum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One place that differs.

    path: from the answer's top, ``("rows", "shop/web-1", "restarts")``.
    before, after: as normalised; None where there was or is nothing.
    """

    kind: Kind
    path: tuple[str, ...]
    before: Any = None
    after: Any = None


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two answers. reference: ``INV-3 E12``."""

    reference: str
    cluster: str
    at: datetime


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A call and what changed in its answer.

    after: None when there is no second answer; ``problem`` says why.
    more: how many changes were left out.
    """

    tool: str
    arguments: dict[str, Any]
    before: Side
    after: Side | None = None
    changes: tuple[Change, ...] = ()
    more: int = 0
    problem: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The differences of several calls. before, after: what was compared, in words."""

    before: str
    after: str
    differences: tuple[Difference, ...] = ()

    @property
    def changed(self) -> tuple[Difference, ...]:
        return tuple(d for d in self.differences if d.changes)

    @property
    def same(self) -> tuple[Difference, ...]:
        return tuple(d for d in self.differences if d.after and not d.changes)

    @property
    def unanswered(self) -> tuple[Difference, ...]:
        """Calls for which there is no second answer."""
        return tuple(d for d in self.differences if d.after is None)


def side(evidence: Evidence, investigation: str) -> Side:
    return Side(
        reference=f"{investigation} {evidence.label}", cluster=evidence.cluster, at=evidence.at
    )


def difference(before: Evidence, after: Evidence, sides: tuple[Side, Side]) -> Difference:
    """What changed from one recorded call to the other."""
    found = list(changes(_answer(before), _answer(after)))
    return Difference(
        tool=before.tool,
        arguments=before.arguments,
        before=sides[0],
        after=sides[1],
        changes=tuple(found[:MOST_CHANGES]),
        more=max(0, len(found) - MOST_CHANGES),
    )


def unanswered(before: Evidence, side: Side, problem: str) -> Difference:
    """A call that has no second answer."""
    return Difference(tool=before.tool, arguments=before.arguments, before=side, problem=problem)


def changes(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """Where two normalised trees differ, in the order of the first."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from changes(value, after[key], (*path, key))
            else:
                yield Change(kind=Kind.REMOVED, path=(*path, key), before=value)
        for key, value in after.items():
            if key not in before:
                yield Change(kind=Kind.ADDED, path=(*path, key), after=value)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif before != after or type(before) is not type(after):
        yield Change(kind=Kind.CHANGED, path=path, before=before, after=after)


def _lists(before: list[Any], after: list[Any], path: tuple[str, ...]) -> Iterator[Change]:
    """Members without identity: what is no longer there, and what is new."""
    left, found = list(after), False
    for item in before:
        if item in left:
            left.remove(item)
        else:
            found = True
            yield Change(kind=Kind.REMOVED, path=path, before=item)
    for item in left:
        yield Change(kind=Kind.ADDED, path=path, after=item)
    if before != after and not (found or left):  # another order, of a list where that counts
        yield Change(kind=Kind.CHANGED, path=path, before=before, after=after)


def _answer(evidence: Evidence) -> Any:
    """What it said: the data where there is some, else the text; and how it ended when not well."""
    body = {"text": evidence.text} if evidence.data is None else evidence.data
    said = normalise(body if isinstance(body, dict) else {"answer": body})
    if evidence.outcome is Outcome.DONE:
        return said
    return {"outcome": evidence.outcome.value, "error": normalise(evidence.error), **said}
