from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.digest import digest


def test_a_short_text_is_itself() -> None:
    text = "one\ntwo"
    assert digest(text) is text


def test_a_long_text_shows_its_head_its_tail_and_the_trouble_between() -> None:
    lines = [f"line {n} all is well" for n in range(5000)]
    lines[2500] = "line 2500 ERROR: connection refused"
    short = digest("\n".join(lines), "E7", limit=2000)
    assert "line 0 " in short
    assert "line 4999 " in short
    assert "line 2500 ERROR" in short
    assert "of 5,000 lines shown" in short
    assert '1 lines speak of trouble; the rest: evidence_read(id="E7")' in short


def test_the_number_of_lines_shown_is_the_number_of_lines_shown() -> None:
    short = digest("\n".join(f"row {n}" for n in range(3000)), limit=3000)
    shown = sum(1 for line in short.splitlines() if line.startswith("row "))
    assert f"[{shown} of 3,000 lines shown" in short


def test_gaps_add_up_to_what_is_left_out() -> None:
    short = digest("\n".join(f"row {n}" for n in range(3000)), limit=3000)
    shown = sum(1 for line in short.splitlines() if line.startswith("row "))
    gaps = [line for line in short.splitlines() if line.startswith("[… ")]
    assert shown + sum(int(gap.split()[1].replace(",", "")) for gap in gaps) == 3000


@given(st.text(), st.integers(min_value=0, max_value=3000))
def test_it_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(digest(text * 50, "E1", limit).encode()) <= limit


def test_one_enormous_line_is_cut() -> None:
    short = digest("x" * 10**6, "E1")
    assert len(short) <= 16 * 1024
    assert "of 1 lines shown, 1,000,000 bytes in all" in short
