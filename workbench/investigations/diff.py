"""What changed between two looks: two recorded calls, two investigations, or then and now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.core.difference import Comparison, Difference, difference, side, unanswered
from workbench.core.evidence import Evidence
from workbench.errors import UsageError
from workbench.investigations.rerun import Again, distinct, question

Recorded = tuple[str, Sequence[Evidence]]
"""The label of an investigation and calls of it."""


def diff(before: Recorded, after: Recorded) -> Comparison:
    """What changed from the calls of one investigation to those of another.

    One call each are compared whatever they asked; several are paired by tool and arguments.
    """
    (left, ours), (right, theirs) = before, after
    if len(ours) == len(theirs) == 1:
        pairs = [(ours[0], theirs[0])]
        found = [_compared(pair, left, right) for pair in pairs]
        names = (f"{left} {ours[0].label}", f"{right} {theirs[0].label}")
        return Comparison(before=names[0], after=names[1], differences=tuple(found))
    return Comparison(before=left, after=right, differences=tuple(_paired(before, after)))


def since(before: Recorded, again: Sequence[Again], recorded_in: str, cluster: str) -> Comparison:
    """What changed since, from calls made again (see ``rerun``), which are recorded elsewhere.

    cluster: whose answers the new ones are. Raises UsageError when there was nothing to ask again.
    """
    if not again:
        raise UsageError(f"{before[0]} has no answered calls to make again.")
    found = tuple(_since(one, before[0], recorded_in) for one in again)
    return Comparison(before=before[0], after=f"{cluster} now", differences=found)


def _since(one: Again, left: str, right: str) -> Difference:
    if one.after is None:
        return unanswered(one.before, side(one.before, left), one.problem)
    return _compared((one.before, one.after), left, right)


def _paired(before: Recorded, after: Recorded) -> Iterator[Difference]:
    (left, ours), (right, theirs) = before, after
    answers = {question(one): one for one in distinct(theirs)}
    for one in distinct(ours):
        other = answers.pop(question(one), None)
        if other:
            yield _compared((one, other), left, right)
        else:
            yield unanswered(one, side(one, left), f"{right} did not ask this")
    for other in answers.values():
        yield unanswered(other, side(other, right), f"{left} did not ask this")


def _compared(pair: tuple[Evidence, Evidence], left: str, right: str) -> Difference:
    return difference(*pair, (side(pair[0], left), side(pair[1], right)))
