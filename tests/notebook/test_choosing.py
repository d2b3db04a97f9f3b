from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.errors import UsageError
from workbench.notebook import choosing
from workbench.notebook.choosing import LISTED, Choices
from workbench.notebook.defaults import chosen, current
from workbench.notebook.display import MIME


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    current.context = current.snapshot = current.namespace = current.since = ""


def choices(**changed: object) -> Choices:
    there = {"contexts": ("prod", "lab"), "namespaces": ("shop", "web"), "cluster": "prod"}
    return Choices(**{**there, **changed})  # type: ignore[arg-type]


def test_what_is_chosen_is_marked_in_every_form() -> None:
    shown = choices(context="lab", namespace="web", since="2h")._repr_mimebundle_()
    assert shown["text/plain"].splitlines()[1:4] == [
        "context      prod  ▸ lab",
        "namespace    all    shop  ▸ web",
        "since      ▸ 2h    any time    15m    30m    1h    3h    12h    1d",
    ]
    assert "**lab**" in shown["text/markdown"]
    assert "<strong>web</strong>" in shown["text/html"]
    assert shown[MIME]["value"]["since"] == "2h"


def test_many_namespaces_are_cut_short_and_counted() -> None:
    shown = str(choices(namespaces=tuple(f"team-{n}" for n in range(500))))
    assert f"and {501 - LISTED} more" in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_a_chosen_namespace_that_is_not_listed_is_still_there() -> None:
    told = choices(namespaces=(), namespace="shop", unknown="namespaces are forbidden")
    assert "▸ shop" in str(told)
    assert "Not listed: namespaces are forbidden" in str(told)
    assert "Not listed: namespaces are forbidden" in told._repr_mimebundle_()["text/html"]


def test_a_hostile_name_is_no_markup() -> None:
    shown = choices(namespaces=("<img src=x>", "**b**"))._repr_mimebundle_()
    assert "<img" not in shown["text/html"]
    assert r"\*\*b\*\*" in shown["text/markdown"]


def test_all_namespaces_can_be_chosen_against_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NAMESPACE", "shop")
    assert chosen("namespace") == "shop"
    choosing.use(namespace="all")
    assert chosen("namespace") == ""
    choosing.use(namespace="")
    assert chosen("namespace") == "shop"


def test_a_time_that_is_none_changes_nothing() -> None:
    with pytest.raises(UsageError, match="30m"):
        choosing.use(namespace="shop", since="soon")
    assert current.namespace == ""
