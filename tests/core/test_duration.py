import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.duration import duration_words, parse_duration
from workbench.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1800), ("2h", 7200), ("1d12h", 129600)]
)
def test_a_duration_is_its_seconds(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-1h", "1h later"])
def test_what_is_no_duration_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="not a duration"):
        parse_duration(text)


@given(st.integers(1, 10**7))
def test_words_never_use_more_than_two_units(seconds: int) -> None:
    words = duration_words(seconds).split()
    assert 1 <= len(words) <= 2
    assert parse_duration("".join(words)) <= seconds
