"""RE2 says the same of a text as of each of its lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.core.redaction.test_properties import PIECES
from workbench.core.redaction.engine import WINDOW, holds, lines_holding, matching
from workbench.core.redaction.text import _TRIGGERS

LINES = st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join)

ANY = "|".join(_TRIGGERS)
spans, any_of, which = lines_holding(ANY), holds(ANY), matching(_TRIGGERS)


@given(LINES)
def test_the_lines_that_hold_a_trigger_are_found_where_they_stand(text: str) -> None:
    expected = [line for line in text.split("\n") if any_of(line)]
    assert [text[start:end] for start, end in spans(text)] == expected
    assert [line for line in text.split("\n") if which(line)] == expected


def test_places_are_told_in_characters_whatever_stands_before_them() -> None:
    text = "žluťoučký kůň\n\ud800 token=abcdef123456\n\npwd=aaaa\n"
    assert [text[start:end] for start, end in spans(text)] == [
        "\ud800 token=abcdef123456",
        "pwd=aaaa",
    ]


def test_a_vertical_tab_is_a_space() -> None:
    assert holds(r"a\sb")("a\vb")


def test_a_long_text_is_read_in_windows_without_losing_a_line() -> None:
    filler = "é quiet line\n" * (WINDOW // 10)
    text = f"{filler}token=abcdef123456\n{filler}pwd=aaaa"
    assert [text[start:end] for start, end in spans(text)] == ["token=abcdef123456", "pwd=aaaa"]
    across = "x" * (WINDOW - 3) + "\n  value: 1"
    assert holds(r"\n[ \t]*value:")(across)
