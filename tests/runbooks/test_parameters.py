from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.runbook import Parameter, Runbook
from workbench.errors import ParameterError
from workbench.runbooks.parameters import check, load, parse

RUNBOOK = Runbook(
    name="example",
    title="Example",
    path="example.ipynb",
    parameters=(
        Parameter(name="namespace", default="shop"),
        Parameter(name="count", type="int", default=3),
        Parameter(name="ratio", type="float", default=0.5),
        Parameter(name="deep", type="bool", default=False),
        Parameter(name="worst", default="low", choices=("low", "high")),
    ),
)
ANYTHING = st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.lists(st.none()))
VALUES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "namespace": st.text(),
        "count": st.integers(),
        "ratio": st.floats(allow_nan=False, allow_infinity=False),
        "deep": st.booleans(),
    },
)


@given(VALUES)
def test_values_of_the_declared_types_are_kept(given: dict[str, Any]) -> None:
    assert check(RUNBOOK, given) == given


@given(VALUES)
def test_the_same_values_as_text_mean_the_same(given: dict[str, Any]) -> None:
    typed = parse([f"{name}={value}" for name, value in given.items()])
    assert check(RUNBOOK, typed) == given


@given(st.dictionaries(st.sampled_from(["namespace", "count", "ratio", "deep", "x"]), ANYTHING))
def test_anything_is_taken_with_its_type_or_refused_with_a_sentence(given: dict[str, Any]) -> None:
    types = {p.name: p.type for p in RUNBOOK.parameters}
    with contextlib.suppress(ParameterError):
        values = check(RUNBOOK, given)
        assert all(type(value).__name__ == types[name] for name, value in values.items())


@pytest.mark.parametrize(
    ("name", "value"),
    [("count", "three"), ("count", True), ("count", 1.5), ("deep", "maybe"), ("deep", 1),
     ("namespace", 5), ("ratio", math.nan), ("ratio", "inf"), ("ratio", None),
     ("count", "9" * 5000)],
)  # fmt: skip
def test_a_wrong_type_is_named(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"Parameter {name} is"):
        check(RUNBOOK, {name: value})


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ParameterError, match="Did you mean namespace"):
        check(RUNBOOK, {"namspace": "shop"})


def test_a_missing_one_is_named() -> None:
    needs = Runbook(
        name="r", title="R", path="r", parameters=(Parameter(name="pod", required=True),)
    )
    with pytest.raises(ParameterError, match="needs pod"):
        check(needs, {})


@pytest.mark.parametrize("name", ["password", "api_key", "db_password", "token", "apikey"])
def test_a_secret_is_taken_as_a_reference_only(name: str) -> None:
    leaky = Runbook(name="r", title="R", path="r", parameters=(Parameter(name=name, default=""),))
    with pytest.raises(ParameterError, match="executed notebook") as refused:
        check(leaky, {name: "hunter2"})
    assert "hunter2" not in str(refused.value)
    assert check(leaky, {name: "env:DB_PASSWORD"}) == {name: "env:DB_PASSWORD"}
    assert check(leaky, {}) == {}


def test_a_default_that_is_a_secret_is_refused() -> None:
    leaky = Runbook(
        name="r", title="R", path="r", parameters=(Parameter(name="token", default="hunter2"),)
    )
    with pytest.raises(ParameterError, match="env:NAME"):
        check(leaky, {})


def test_a_file_holds_one_set_or_several(tmp_path: Path) -> None:
    one, several = tmp_path / "one.yaml", tmp_path / "several.json"
    one.write_text("namespace: shop\ncount: 3\n")
    several.write_text('[{"namespace": "a"}, {"namespace": "b"}]')
    assert load(one) == [{"namespace": "shop", "count": 3}]
    assert [s["namespace"] for s in load(several)] == ["a", "b"]


@pytest.mark.parametrize("text", ["just words", "- a\n- b", "1: 2", "{", "\x00", "[[1]]"])
def test_a_file_that_holds_no_parameters_is_refused_in_a_sentence(
    text: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=r"p\.yaml"):
        load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read"):
        load(tmp_path / "none.yaml")


def test_the_name_of_a_secret_is_no_secret() -> None:
    named = Runbook(name="r", title="R", path="r", parameters=(Parameter(name="secret_name"),))
    assert check(named, {"secret_name": "db"}) == {"secret_name": "db"}


@pytest.mark.parametrize("pair", ["namespace", "=shop", ""])
def test_a_pair_without_a_name_or_value_is_refused(pair: str) -> None:
    with pytest.raises(ParameterError, match="NAME=VALUE"):
        parse([pair])


def test_only_a_choice_is_taken() -> None:
    assert check(RUNBOOK, {"worst": "high"}) == {"worst": "high"}
    with pytest.raises(ParameterError, match="one of low, high"):
        check(RUNBOOK, {"worst": "worse"})
