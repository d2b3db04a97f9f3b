from __future__ import annotations

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.characters import bounded, one_line, visible


def test_terminal_escapes_and_direction_overrides_are_written_out() -> None:
    assert visible("\x1b[31mred\u202eexe\u200b\x9b") == "\\x1b[31mred⟨U+202E⟩exe⟨U+200B⟩\\x9b"


def test_tabs_newlines_and_other_scripts_stay() -> None:
    assert visible("a\tb\r\nc ü 日本 ✓") == "a\tb\nc ü 日本 ✓"


@given(st.text(alphabet=st.characters()))
def test_whatever_comes_can_be_encoded_and_holds_no_control(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not any(ord(c) < 32 and c not in "\t\n" for c in shown)


def test_a_long_text_keeps_both_ends_and_says_what_was_cut() -> None:
    text = "a" * 1000 + "b" * 1000
    shown = bounded(text, 100)
    assert shown.startswith("a" * 50)
    assert shown.endswith("b" * 50)
    assert "1,900 characters not shown" in shown


def test_one_line_is_one_line_of_bounded_length() -> None:
    assert one_line("a\n\n b\tc") == "a b c"
    assert len(one_line("x" * 1000, 10)) == 10


def test_every_character_that_controls_or_formats_is_written_out() -> None:
    hidden = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
    every = map(chr, range(sys.maxunicode + 1))
    unseen = [c for c in every if unicodedata.category(c) in hidden and c not in "\t\n"]
    assert [hex(ord(c)) for c in unseen if visible(c) == c and c <= "\U000effff"] == []
