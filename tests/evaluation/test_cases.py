"""Scenarios are folders; what makes no scenario is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import UsageError
from workbench.evaluation.cases import QUESTION, bundled, cases


def folder(parent: Path, name: str, expected: str) -> Path:
    made = parent / name
    made.mkdir()
    (made / "expect.yaml").write_text(expected)
    (made / "cluster.yaml").write_text("apiVersion: v1\nkind: List\nitems: []\n")
    return made


def test_the_object_to_blame_is_that_of_the_first_finding(tmp_path: Path) -> None:
    folder(tmp_path, "b", "first: POD_CRASH_LOOP Pod/shop/web-1\nquestion: why?\nsays: [exit 3]\n")
    folder(tmp_path, "a", "healthy: true\n")
    folder(tmp_path, "c", "must: [POD_CRASH_LOOP Pod/shop/web-1]\n")
    well, ill = cases(tmp_path)
    assert (well.name, well.healthy, well.cause, well.question) == ("a", True, "", QUESTION)
    assert (ill.name, ill.cause, ill.question) == ("b", "Pod/shop/web-1", "why?")
    assert ill.says == ("exit 3",)
    assert [c.name for c in cases(tmp_path, "b*")] == ["b"]
    assert [c.name for c in cases(tmp_path / "b")] == ["b"]


def test_a_person_may_name_the_cause_without_a_code(tmp_path: Path) -> None:
    folder(tmp_path, "a", "cause: Secret/payments/payments-db\n")
    assert cases(tmp_path)[0].cause == "Secret/payments/payments-db"


@pytest.mark.parametrize("text", ["- a\n- b\n", "first: [", "just words"])
def test_what_says_nothing_is_one_line(tmp_path: Path, text: str) -> None:
    folder(tmp_path, "a", text)
    with pytest.raises(UsageError, match=r"expect\.yaml"):
        cases(tmp_path)


def test_a_folder_without_scenarios_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no scenario"):
        cases(tmp_path)


def test_a_hundred_ship() -> None:
    assert len(cases(bundled())) > 100
