"""What a sweep runs over, checked whole before anything is queued."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.runbook import Parameter, Runbook
from workbench.core.sweep import Row
from workbench.errors import ParameterError, UsageError
from workbench.runbooks.rows import checked, from_file, from_names, is_file

BOOK = Runbook(
    name="b",
    title="B",
    path="b.ipynb",
    parameters=(Parameter(name="namespace", required=True), Parameter(name="limit", type="int")),
)


def rows(folder: Path, text: str, name: str = "rows.csv") -> tuple[Row, ...]:
    (folder / name).write_text(text)
    return checked(BOOK, from_file(folder / name), {}, ("prod",))


def test_a_table_becomes_items_in_order(tmp_path: Path) -> None:
    found = rows(tmp_path, "namespace,limit,context\nshop,3,prod\n\npay , ,\n")
    assert found == (
        Row(parameters={"namespace": "shop", "limit": 3}, context="prod"),
        Row(parameters={"namespace": "pay"}),
    )


def test_sets_of_a_yaml_file_are_rows_too(tmp_path: Path) -> None:
    found = rows(tmp_path, "- namespace: shop\n- {namespace: pay, limit: 2}\n", "rows.yaml")
    assert [row.parameters for row in found] == [
        {"namespace": "shop"}, {"namespace": "pay", "limit": 2},
    ]  # fmt: skip


BAD = {
    "namespace,limit\na,1\nb,many\nc,few\n": r"Row 2 \(line 3.*column limit: .*'many'.* 1 more",
    "namespace,limt\na,1\n": r"Row 1 .*, column limt: .*no parameter 'limt'",
    "limit\n1\n": r"Row 1 .*, column namespace: .*needs namespace",
    "namespace,context\na,prdo\n": r"Row 1 .*, column context: .*'prdo'",
    "namespace,limit\na\n": r"Row 1 .* has 1 cell for 2 columns",
    "namespace,namespace\na,b\n": "name its columns",
    'namespace\n"a\n': "cannot be read",
}


@pytest.mark.parametrize("text", BAD)
def test_the_first_bad_row_and_its_column_are_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParameterError, match=BAD[text]):
        rows(tmp_path, text)


def test_nothing_to_run_over_is_no_sweep(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="0 items"):
        rows(tmp_path, "namespace\n")


def test_a_column_context_is_a_parameter_where_the_runbook_has_one() -> None:
    book = Runbook(name="b", title="B", path="", parameters=(Parameter(name="context"),))
    assert checked(book, from_names("context", ["x"]), {}) == (Row(parameters={"context": "x"}),)


def test_a_row_wins_over_what_all_of_them_get() -> None:
    found = checked(BOOK, from_names("namespace", ["a"]), {"namespace": "z", "limit": "4"})
    assert found == (Row(parameters={"namespace": "a", "limit": 4}),)


def test_labels_are_no_file() -> None:
    assert is_file("some/where.csv")
    assert not is_file("team in (a, b)")
