"""The page of an evaluation: read without a script, and inert whatever a model said."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from workbench.evaluation.page import page
from workbench.evaluation.report import report, table
from workbench.evaluation.score import Outcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> is fine"


def outcome(case: str, who: str, attempt: int = 1, **fields: object) -> Outcome:
    given = {"right": True, "calls": 4, "seconds": 2.5, **fields}
    return Outcome(case=case, contestant=who, attempt=attempt, **given)  # type: ignore[arg-type]


FOUND = report(
    NOW,
    [
        outcome("dns", "model-a", dollars=Decimal("0.0125"), input_tokens=1200, output_tokens=34),
        outcome("dns", "model-a", 2, right=False, cause="Pod/dns/one", verdict=HOSTILE),
        outcome("dns", "model-b", input_tokens=9),
        outcome("quiet", "model-a", right=False),
    ],
    before=[outcome("dns", "model-b", right=False, seconds=400.0)],
)  # fmt: skip


def test_it_tells_who_was_right_how_often_and_what_that_took() -> None:
    told = page(FOUND)
    assert "2026-01-01 00:00 UTC · 2 scenarios · 2 contestants · 2 attempts" in told
    cells = ("$0.0125", "unknown", "1,234", "1 of 2", "not asked", "33%", "6%–79%")
    assert [c for c in cells if f">{c}<" not in told] == []
    assert "model-b (before)" in told
    assert "To blame: Pod/dns/one" in told
    assert "Nothing is wrong there." in told
    assert "Wrong, 2 of 4" in told


def test_it_runs_and_loads_nothing_and_words_of_a_model_stay_words() -> None:
    told = page(FOUND)
    assert "default-src 'none'; style-src 'sha256-" in told
    assert "<script" not in told
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is fine" in told
    assert "http://" not in told
    assert "https://" not in told


def test_a_terminal_of_eighty_columns_holds_it() -> None:
    long = "openai:qwen3-next-80b-a3b-instruct as network"
    outcomes = [
        outcome(f"a-case-of-a-long-name-{n}", who, right=False, verdict="It is the node. " * 20)
        for n in range(3)
        for who in (long, "b")
    ]
    lines = table(report(NOW, outcomes, before=outcomes)).splitlines()
    assert max(map(len, lines)) < 80


def test_differences_are_told_in_numbers_people_read() -> None:
    for told in (page(FOUND), table(FOUND)):
        assert "seconds: -398 for the second" in told or "seconds: +398 for the second" in told
    many = [outcome(f"c{n}", who, right=who == "a") for n in range(20) for who in ("a", "b")]
    assert "p &lt; 0.001, they differ" in page(report(NOW, many))
