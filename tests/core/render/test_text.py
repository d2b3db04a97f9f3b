from __future__ import annotations

from tests.support import samples
from workbench.core.diagnosis import Diagnosis
from workbench.core.render import text
from workbench.core.render.card import card


def test_the_answer_comes_before_the_steps() -> None:
    shown = text.investigation(card(samples.investigation()))
    order = [
        "complete",
        "web crashes",
        "Why",
        "Ruled out",
        "Not checked",
        "Next",
        "Steps",
        "INV-12",
    ]
    places = [shown.rindex(word) if word == "INV-12" else shown.index(word) for word in order]
    assert places == sorted(places)


def test_a_claim_without_evidence_is_called_a_hypothesis() -> None:
    shown = text.investigation(card(samples.investigation()))
    assert "41 minutes ago. [E1]" in shown
    assert "(hypothesis, no evidence)" in " ".join(shown.split())


def test_no_control_character_reaches_a_terminal() -> None:
    for shown in (
        text.investigation(card(samples.hostile())),
        text.evidence(samples.EVIDENCE[2]),
        text.diagnosis(Diagnosis(cluster=samples.HOSTILE, now=samples.START)),
    ):
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_nothing_found_is_said_in_words() -> None:
    empty = Diagnosis(cluster="demo", now=samples.START, gaps=(samples.GAP,))
    shown = text.diagnosis(empty)
    assert "Nothing found in demo" in shown
    assert "secrets in shop: forbidden" in shown
