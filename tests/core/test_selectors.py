from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.selectors import parse_selector
from workbench.errors import UsageError

WEB = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app=db", False),
        ("app!=db", True),
        ("app in (db, web)", True),
        ("app notin (web)", False),
        ("tier", True),
        ("!tier", False),
        ("!canary,app in (web,db),tier=front", True),
        ("canary!=true", True),
    ],
)
def test_a_selector_selects_what_kubectl_would(text: str, matches: bool) -> None:
    assert parse_selector(text).matches(WEB) is matches


@pytest.mark.parametrize("text", ["app in web", "=web", "app in (web", "a b"])
def test_a_bad_term_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="no label selector"):
        parse_selector(text)


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        parse_selector(text).matches(WEB)
