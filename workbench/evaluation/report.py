"""The outcome of an evaluation: what is kept as JSON, and the table people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations
from pathlib import Path
from textwrap import fill

import msgspec

from workbench.core.characters import one_line
from workbench.errors import UsageError
from workbench.evaluation.score import Outcome
from workbench.evaluation.statistics import Difference, Interval, Summary, difference, summary

SCHEMA = 1
CERTAIN = 0.05
LEAST = 0.001
"""Probabilities below are told as less than this."""
WIDTH, COLUMN, VERDICT = 79, 8, 150


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and how it went. ``differences``: between each two contestants."""

    schema: int = SCHEMA
    at: datetime
    outcomes: tuple[Outcome, ...]
    summaries: tuple[Summary, ...] = ()
    differences: tuple[Difference, ...] = ()


def report(at: datetime, outcomes: Sequence[Outcome], before: Sequence[Outcome] = ()) -> Report:
    """before: outcomes of an earlier evaluation, which take part as contestants of their own."""
    earlier = [msgspec.structs.replace(o, contestant=f"{o.contestant} (before)") for o in before]
    by_name: dict[str, list[Outcome]] = {}
    for outcome in (*earlier, *outcomes):
        by_name.setdefault(outcome.contestant, []).append(outcome)
    apart = (difference(one, other) for one, other in combinations(by_name.values(), 2))
    return Report(
        at=at,
        outcomes=tuple(outcomes),
        summaries=tuple(summary(name, group) for name, group in by_name.items()),
        differences=tuple(d for d in apart if d),
    )


def read(path: Path) -> Report:
    """A report that was kept as JSON. Raises UsageError."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} is no evaluation: {error}.", "Make one: workbench eval --out FILE"
        ) from error
    if found.schema != SCHEMA:
        raise UsageError(f"{path} is of schema {found.schema}; this version reads {SCHEMA}.")
    return found


def table(found: Report) -> str:
    """For a terminal: each contestant, each difference and each wrong answer."""
    lines = (*_summaries(found), *_differences(found), *_wrong(found))
    return "\n".join(map(_wrapped, lines))


def _wrapped(line: str) -> str:
    more = " " * (len(line) - len(line.lstrip()) + 2)
    return fill(line, WIDTH, subsequent_indent=more, break_long_words=False, break_on_hyphens=False)


def _summaries(found: Report) -> Iterator[str]:
    columns = ("right", "95 %", "every", "cited", "shown", "calls", "tokens", "seconds", "cost")
    yield "  " + "".join(f"{name:>{COLUMN}}" for name in columns)
    for one in found.summaries:
        measured = one.measures
        cells = (
            f"{one.right.mean:.0%}",
            f"{one.right.low:.0%}-{one.right.high:.0%}",
            f"{one.every:.0%}",
            f"{measured['cited']:.0%}",
            f"{measured['shown']:.0%}",
            f"{measured['calls']:.1f}",
            f"{measured['tokens']:,.0f}",
            f"{measured['seconds']:.1f}",
            cost(one),
        )
        yield one_line(one.contestant, WIDTH)
        yield "  " + "".join(f" {c:>{COLUMN - 1}}" for c in cells)


def cost(one: Summary) -> str:
    """Of all its answers, at list prices."""
    if one.unpriced:
        return "unknown"
    return f"${one.dollars:.4f}" if one.dollars else "nothing"


def _differences(found: Report) -> Iterator[str]:
    for one in found.differences:
        yield ""
        yield from compared(one)


def compared(one: Difference) -> Iterator[str]:
    """Two contestants in lines: who they are, who was right alone, and what is certain besides."""
    yield f"{one.first} and {one.second}, {one.scenarios} scenarios of both:"
    split = f"both right {one.both}, only the first {one.first_only}"
    split += f", only the second {one.second_only}, neither {one.neither}"
    known = "they differ" if one.p < CERTAIN else "no difference is shown"
    unlikely = f"p = {one.p:.3f}" if one.p >= LEAST else f"p < {LEAST}"
    yield f"  {split}; {unlikely}, {known}"
    for name, apart in one.measures.items():
        if _certain(apart):
            yield f"  {name}: {_signed(apart.mean)} for the second ({_range(apart)})"


def _certain(apart: Interval) -> bool:
    return apart.low > 0 or apart.high < 0


def _range(apart: Interval) -> str:
    return f"{_signed(apart.low)} to {_signed(apart.high)} with 95 % confidence"


def _signed(number: float) -> str:
    return f"{number:+,.0f}" if abs(number) >= 100 else f"{number:+.3g}"


def _wrong(found: Report) -> Iterator[str]:
    wrong = [o for o in found.outcomes if not o.right]
    if wrong:
        yield ""
        yield f"Wrong, {len(wrong)} of {len(found.outcomes)}:"
    for one in wrong:
        said = one_line(one.verdict or one.why, VERDICT)
        yield "  " + " · ".join(filter(None, (one.case, one.contestant, one.investigation)))
        yield f"    {said}"
