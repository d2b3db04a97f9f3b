"""The catalogue, the rules, the scenarios and the documentation say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.scenarios.test_scenarios import FOLDERS, load
from workbench.analyzers.catalogue import CATALOGUE
from workbench.analyzers.documentation import findings_page

ROOT = Path(__file__).parents[2]


def test_every_code_is_raised_by_some_scenario() -> None:
    raised = {f.code for folder in FOLDERS for f in load(folder)[1].findings}
    assert sorted(CATALOGUE.keys() - raised) == []


def test_every_code_that_the_rules_use_is_in_the_catalogue() -> None:
    package = ROOT / "workbench" / "analyzers"
    sources = (p for p in package.rglob("*.py") if p.parent.name != "codes")
    used = {
        code
        for path in sources
        for code in re.findall(r'"([A-Z]{2,}(?:_[A-Z]+)+)"', path.read_text())
    }
    assert sorted(CATALOGUE.keys() - used) == []


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_entry_says_what_it_means_and_what_to_do(code: str) -> None:
    entry = CATALOGUE[code]
    assert entry.title
    assert not entry.title.endswith(".")
    assert entry.meaning.endswith(".")
    assert entry.next_steps


def test_the_page_about_findings_is_up_to_date() -> None:
    page = ROOT / "docs" / "findings.md"
    assert page.read_text() == findings_page(), "run python -m workbench.analyzers.documentation"
