"""What can be said from few scenarios: intervals, and differences between pairs."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import mean

import msgspec

from workbench.evaluation.score import Outcome

_Z = 1.959964
"""Of a normal distribution, 95 % lie within so many standard deviations."""
RESAMPLED = 2000
MEASURES: dict[str, Callable[[Outcome], float]] = {
    "calls": lambda o: o.calls,
    "tokens": lambda o: o.input_tokens + o.output_tokens,
    "seconds": lambda o: o.seconds,
    "cited": lambda o: o.cited,
    "shown": lambda o: o.shown,
}


class Interval(msgspec.Struct, frozen=True):
    """A mean, and where it lies with 95 % confidence."""

    mean: float
    low: float
    high: float


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One contestant. right: share of its answers. every: share of scenarios it was right about
    in every attempt (pass^k). unpriced: answers of no known price. failed: those that did not end.
    """

    contestant: str
    answers: int
    right: Interval
    every: float
    measures: dict[str, float]
    dollars: float
    unpriced: int
    failed: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Two contestants on the scenarios both were asked.

    both, first_only, second_only, neither: scenarios each was right about in every attempt.
    p: how likely so uneven a split is when both are equally good (exact McNemar test).
    measures: second minus first, over scenarios; certain where zero is outside the interval.
    """

    first: str
    second: str
    scenarios: int
    both: int
    first_only: int
    second_only: int
    neither: int
    p: float
    measures: dict[str, Interval]


def summary(contestant: str, outcomes: Sequence[Outcome]) -> Summary:
    """Of one contestant's outcomes, which are not none."""
    priced = [o.dollars for o in outcomes if o.dollars is not None]
    return Summary(
        contestant=contestant,
        answers=len(outcomes),
        right=wilson(sum(o.right for o in outcomes), len(outcomes)),
        every=mean(_every(group) for group in by_case(outcomes).values()),
        measures={name: mean(map(of, outcomes)) for name, of in MEASURES.items()},
        dollars=float(sum(priced)),
        unpriced=sum(o.dollars is None and o.input_tokens > 0 for o in outcomes),
        failed=sum(bool(o.why) for o in outcomes),
    )


def difference(first: Sequence[Outcome], second: Sequence[Outcome]) -> Difference | None:
    """Between two contestants, scenario by scenario; None when they share none."""
    ones, others = by_case(first), by_case(second)
    shared = sorted(ones.keys() & others.keys())
    if not shared:
        return None
    pairs = [(_every(ones[name]), _every(others[name])) for name in shared]
    apart = {
        name: bootstrapped(
            [mean(map(of, others[case])) - mean(map(of, ones[case])) for case in shared]
        )
        for name, of in MEASURES.items()
    }
    return Difference(
        first=first[0].contestant,
        second=second[0].contestant,
        scenarios=len(shared),
        both=pairs.count((True, True)),
        first_only=pairs.count((True, False)),
        second_only=pairs.count((False, True)),
        neither=pairs.count((False, False)),
        p=mcnemar(pairs.count((True, False)), pairs.count((False, True))),
        measures=apart,
    )


def by_case(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.case, []).append(outcome)
    return found


def wilson(right: int, of: int) -> Interval:
    """A share and its interval (Wilson, JASA 1927), which holds for few and for extreme ones."""
    share = right / of
    around = 1 + _Z**2 / of
    middle = (share + _Z**2 / (2 * of)) / around
    width = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2)) / around
    return Interval(share, max(0.0, middle - width), min(1.0, middle + width))


def mcnemar(first_only: int, second_only: int) -> float:
    """Two-sided probability of so uneven a split of the scenarios that tell them apart (McNemar,
    Psychometrika 1947, exact binomial form)."""
    apart, fewer = first_only + second_only, min(first_only, second_only)
    tail: float = sum(math.comb(apart, n) for n in range(fewer + 1)) / 2.0**apart
    return min(1.0, 2 * tail)


def bootstrapped(values: Sequence[float]) -> Interval:
    """A mean and the middle 95 % of those of samples drawn from the values, always the same ones
    (Efron, Annals of Statistics 1979)."""
    drawn = random.Random(7)  # noqa: S311 - nothing is kept secret by it
    means = sorted(mean(drawn.choices(values, k=len(values))) for _ in range(RESAMPLED))
    return Interval(mean(values), means[int(RESAMPLED * 0.025)], means[int(RESAMPLED * 0.975) - 1])


def _every(outcomes: Sequence[Outcome]) -> bool:
    return all(o.right for o in outcomes)
