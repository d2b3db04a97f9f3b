"""What other packages' detectors find is taken out, but for marks that stand there already."""

from __future__ import annotations

import re

import pytest

from workbench.core.redaction.added import Detector, redact_text
from workbench.core.redaction.marks import Mark, mark, tagged
from workbench.plugins import REDACTORS, Plugin


def badges(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"BDG\d+", text)]


KNOWN = [Detector("badge", badges, Plugin(REDACTORS, "badges", "badges 1.0", badges))]


@pytest.mark.parametrize("made", [mark, tagged(b"key")])
def test_a_mark_stays_whatever_stands_in_it(made: Mark) -> None:
    text = f"a {made('BDG1' + 'x' * 60, 'value')} b"
    assert redact_text(text, mark, KNOWN) == text


@pytest.mark.parametrize("end", ["BDG1 «redacted:env»", "BDG1\n»", f"{'x' * 60} BDG1»"])
def test_a_mark_that_was_cut_off_hides_nothing_that_follows(end: str) -> None:
    assert "BDG1" not in redact_text(f"cut «redacted:en… {end}", mark, KNOWN)
