"""Few scenarios say little, and the numbers say how little."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workbench.evaluation.score import Outcome
from workbench.evaluation.statistics import bootstrapped, difference, mcnemar, summary, wilson


def outcomes(name: str, right: str, calls: int = 3, attempts: int = 1) -> list[Outcome]:
    return [
        Outcome(case=f"c{n // attempts}", contestant=name, right=letter == "y", calls=calls)
        for n, letter in enumerate(right)
    ]


def test_the_interval_of_a_share_is_wilsons() -> None:
    found = wilson(8, 10)
    assert (found.mean, round(found.low, 4), round(found.high, 4)) == (0.8, 0.4902, 0.9433)
    assert wilson(5, 5).high == 1.0
    assert wilson(5, 5).low < 0.6


@pytest.mark.parametrize(("one", "other", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 6, 0.03125)])
def test_an_uneven_split_is_unlikely_by_chance(one: int, other: int, p: float) -> None:
    assert mcnemar(one, other) == pytest.approx(p)
    assert mcnemar(other, one) == pytest.approx(p)


def test_resampling_gives_the_same_interval_every_time() -> None:
    values = [1.0, 2.0, 3.0, 10.0]
    assert bootstrapped(values) == bootstrapped(values)
    assert bootstrapped([2.0] * 5) == bootstrapped([2.0])
    assert bootstrapped(values).low < 4.0 < bootstrapped(values).high


def test_two_are_compared_on_the_scenarios_both_were_asked() -> None:
    found = difference(outcomes("a", "yynn"), outcomes("b", "ynyny", calls=5))
    assert found is not None
    assert found.scenarios == 4
    counts = (found.both, found.first_only, found.second_only, found.neither)
    assert counts == (1, 1, 1, 1)
    assert found.measures["calls"].mean == 2.0
    assert found.measures["calls"].low == 2.0
    assert found.measures["tokens"].mean == 0.0
    other = [Outcome(case="else", contestant="b")]
    assert difference(outcomes("a", "y"), other) is None


def test_right_every_time_is_less_than_right_often() -> None:
    found = summary("a", outcomes("a", "yyyn", attempts=2))
    assert (found.right.mean, found.every, found.answers) == (0.75, 0.5, 4)


def test_a_price_nobody_knows_is_counted_apart_from_none() -> None:
    known = Outcome(case="a", contestant="m", dollars=Decimal("0.25"), input_tokens=10)
    unknown = Outcome(case="b", contestant="m", input_tokens=10)
    free = Outcome(case="c", contestant="m", requests=1)
    found = summary("m", [known, unknown, free])
    assert (found.dollars, found.unpriced) == (0.25, 1)
