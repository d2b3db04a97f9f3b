"""Foreign text in findings: short enough to read, and cut so that nothing secret is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analyzers.wording import elided, error_text


@pytest.mark.parametrize("before", range(0, 200, 7))
def test_a_cut_never_parts_a_secret_from_the_name_that_tells_of_it(before: int) -> None:
    text = f"{'x ' * before}connecting with password=hunter2hunter2 to the database {'y ' * 150}"
    assert "hunter2" not in error_text(text, 200)


def test_a_wrapped_error_keeps_what_was_wrong_first() -> None:
    text = f"reconcile: {'while talking to the provider: ' * 20}invalid access token"
    cut = error_text(text, 120)
    assert len(cut) <= 120
    assert cut.startswith("reconcile: ")
    assert cut.endswith("invalid access token")


@given(st.text(), st.integers(30, 400))
def test_no_text_is_too_odd_to_be_cut(text: str, most: int) -> None:
    assert len(elided(text, most)) <= most
