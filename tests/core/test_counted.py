import pytest

from workbench.core.counted import counted


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 findings"), (1, "1 finding"), (2, "2 findings"), (1200, "1,200 findings")],
)
def test_one_is_no_plural(count: int, words: str) -> None:
    assert counted(count, "finding") == words


@pytest.mark.parametrize(
    ("noun", "words"),
    [("address", "2 addresses"), ("NetworkPolicy", "2 NetworkPolicies"), ("day", "2 days")],
)
def test_plurals_are_those_of_the_noun(noun: str, words: str) -> None:
    assert counted(2, noun) == words
