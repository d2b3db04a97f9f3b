from __future__ import annotations

from typing import Any

import pytest

from tests.support import samples
from workbench.core.runbook import Gate
from workbench.errors import RunbookError
from workbench.notebook import display, gates
from workbench.runbooks import harvest as harvesting
from workbench.runbooks.harvest import harvest


def notebook(*bundles: dict[str, Any]) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": bundle} for bundle in bundles]
    return {"cells": [{"cell_type": "code", "outputs": outputs}, {"cell_type": "markdown"}]}


def test_what_was_displayed_comes_back_once() -> None:
    shown = display.diagnosis(samples.diagnosis())
    found = harvest(
        notebook(shown, display.investigation(samples.investigation(), samples.START), shown)
    )
    assert [f.code for f in found.findings] == ["CONFIG_KEY_MISSING", "POD_CRASH_LOOP"]
    assert found.findings[0] == samples.CAUSE
    assert found.gaps == (samples.GAP,)
    assert found.investigations == ("INV-12",)


def test_gates_come_back_in_order() -> None:
    shown = [gates.bundle(gates.gate(name, name == "a", evidence="E1")) for name in "ab"]
    assert harvest(notebook(*shown)).gates == (
        Gate(name="a", passed=True, evidence=("E1",)),
        Gate(name="b", passed=False, evidence=("E1",)),
    )


def test_other_outputs_are_let_be() -> None:
    other = {"text/plain": "x", harvesting.MIME: {"kind": "something newer", "schema": 7}}
    assert harvest(notebook(other, {"text/plain": "y"})) == harvesting.Harvest()


@pytest.mark.parametrize("kind", ["diagnosis", "investigation", "gate"])
def test_a_display_that_is_not_what_it_says_is_an_error(kind: str) -> None:
    with pytest.raises(RunbookError, match=kind):
        harvest(notebook({harvesting.MIME: {"kind": kind, "value": {"steps": 1}}}))


def test_both_sides_speak_of_the_same_type() -> None:
    assert harvesting.MIME == display.MIME
