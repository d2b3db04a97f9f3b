from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from workbench.mcp.naming import tool_names

PAIRS = st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), unique=True)


def test_a_name_is_server_and_tool() -> None:
    assert tool_names([("kube", "events")]) == {("kube", "events"): "kube_events"}


def test_equal_names_are_told_apart_whatever_the_order() -> None:
    pairs = [("a", "b_c"), ("a_b", "c"), ("a", "x")]
    names = tool_names(pairs)
    assert names == tool_names(reversed(pairs))
    assert len(set(names.values())) == 3
    assert names["a", "x"] == "a_x"


@given(PAIRS)
def test_every_name_is_valid_and_distinct(pairs: list[tuple[str, str]]) -> None:
    names = tool_names(pairs)
    assert len(set(names.values())) == len(pairs)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names.values())
