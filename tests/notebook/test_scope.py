from __future__ import annotations

import pytest

from workbench.errors import UsageError
from workbench.notebook.scope import scope, seconds


@pytest.mark.parametrize(
    ("typed", "meant"), [("", 0), ("90", 90), ("30m", 1800), ("1h30m", 5400), ("1d", 86400), (5, 5)]
)
def test_durations(typed: str | int, meant: int) -> None:
    assert seconds(typed) == meant


@pytest.mark.parametrize("typed", ["soon", "1x", "-1h", "h", "1.5h"])
def test_what_is_no_duration_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="30m"):
        seconds(typed)


def test_several_namespaces_are_joined_by_commas() -> None:
    assert scope("shop, bank").namespaces == ("shop", "bank")
    assert scope("").namespaces == ()
