import pytest

from workbench.core.counted import counted


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 findings"), (1, "1 finding"), (2, "2 findings"), (1200, "1,200 findings")],
)
def test_one_is_no_plural(count: int, words: str) -> None:
    assert counted(count, "finding") == words
