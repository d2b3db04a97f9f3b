from __future__ import annotations

import pytest

from workbench.errors import UsageError
from workbench.kubernetes.selectors import parse_selector


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app!=web", False),
        ("app!=api,!canary", True),
        ("tier in (front, back),app", True),
        ("tier notin (front)", False),
        ("canary", False),
        ("", True),
    ],
)
def test_selectors_match_as_kubectls_do(text: str, fits: bool) -> None:
    assert parse_selector(text).matches({"app": "web", "tier": "front"}) is fits


@pytest.mark.parametrize("text", ["app===x", "app=web,,b", "a b", "tier in front"])
def test_a_malformed_selector_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="no label selector"):
        parse_selector(text)
