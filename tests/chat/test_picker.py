"""What may be picked for a question, and what comes back from a browser."""

from __future__ import annotations

import pytest

from workbench.chat.picker import LISTED, kept, listed, picker, restored, scope_of
from workbench.core.cluster import EVERYTHING, Scope
from workbench.errors import UsageError

PICKED = Scope(namespaces=("shop", "b<i>"), since=900)


def test_what_was_picked_stands_first_and_is_ticked() -> None:
    html = listed(("cart", "shop"), PICKED, 1)
    names = [part.partition('"')[0] for part in html.split('name="ns.')[1:]]
    assert names == ["shop", "b&lt;i&gt;", "cart"]
    assert html.count("checked=") == 2


def test_namespaces_are_written_where_they_cannot_be_listed_or_are_too_many() -> None:
    many = [f"n{n}" for n in range(LISTED + 1)]
    for known in ((), many):
        html = listed(known, PICKED, 1)
        assert 'value="shop, b&lt;i&gt;"' in html
        assert "checkbox" not in html


def test_a_form_says_its_namespaces_once_each_and_how_far_back() -> None:
    said = {"ns.shop": "on", "named": "cart shop,", "since": "900", 7: "x"}
    assert scope_of(said) == Scope(namespaces=("shop", "cart"), since=900)  # type: ignore[arg-type]
    assert scope_of({"since": " "}) == EVERYTHING
    with pytest.raises(UsageError, match="at most 100"):
        scope_of({f"ns.n{n}": "on" for n in range(101)})


def test_what_a_browser_kept_is_of_no_use_for_another_cluster_or_when_it_is_none() -> None:
    assert restored(kept(PICKED, "prod"), "prod") == PICKED
    for text in (kept(PICKED, "prod-eu"), "", "[]", "\ud800", '{"cluster": "prod", "since": 7}'):
        assert restored(text, "prod") == EVERYTHING


def test_clusters_of_other_servers_are_offered_after_its_own() -> None:
    html = picker("prod-eu", EVERYTHING, ["prod-us", "prod-eu", "a<b>"])
    names = [part.partition('"')[0] for part in html.split('<option value="')[1:4]]
    assert names == ["prod-eu", "a&lt;b&gt;", "prod-us"]


def test_the_cluster_is_named_beside_what_is_picked() -> None:
    html = picker("prod<eu>", PICKED)
    assert "prod&lt;eu&gt;" in html
    assert 'selected="selected"' in html
