from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from workbench.notebook.gates import bundle, gate
from workbench.notebook.values import Text


@pytest.mark.parametrize("passed", [True, 1, pd.Series([1]).eq(1).all()])
def test_what_holds_is_passed(passed: Any) -> None:
    assert gate("holds", passed)


@pytest.mark.parametrize("passed", [False, 0, pd.Series([1]).eq(2).any()])
def test_what_does_not_hold_is_not(passed: Any) -> None:
    judged = gate("holds", passed)
    assert not judged
    assert judged.note == ""


@pytest.mark.parametrize("passed", [None, math.nan, pd.NA, pd.Series([True, False]), pd.NaT])
def test_what_cannot_be_judged_is_not_passed_and_says_so(passed: Any) -> None:
    judged = gate("holds", passed)
    assert not judged
    assert "could not be judged" in judged.note


def test_evidence_is_a_label_or_whatever_came_from_a_call() -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["evidence"] = "E1, E2"
    judged = gate("holds", True, evidence=[frame, Text.of("log", "E3"), "E4", "E1"])
    assert judged.evidence == ("E1", "E2", "E3", "E4")


def test_a_gate_without_evidence_says_so() -> None:
    assert "no evidence" in bundle(gate("holds", True))["text/plain"]


def test_names_are_shown_as_text() -> None:
    shown = bundle(gate("<b>x</b>", False, measured="<i>2</i>"))
    assert "<b>" not in shown["text/html"]
    assert "<i>" not in shown["text/html"]
