from __future__ import annotations

import msgspec

from tests.support import samples
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Severity
from workbench.core.investigation import Concluded
from workbench.core.render import text
from workbench.core.render.card import card


def test_the_answer_comes_before_the_steps() -> None:
    shown = text.investigation(card(samples.investigation(), samples.at(9)))
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
    shown = text.investigation(card(samples.investigation(), samples.at(9)))
    assert "41 minutes ago. [E1]" in shown
    assert "(hypothesis, no evidence)" in " ".join(shown.split())


def test_no_control_character_reaches_a_terminal() -> None:
    for shown in (
        text.investigation(card(samples.hostile(), samples.at(9))),
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


def test_in_short_what_would_fill_screens_takes_a_line_each() -> None:
    many = tuple(samples.finding(detail=str(n), root_cause=False) for n in range(12))
    told = Diagnosis(cluster="c", now=samples.START, findings=many)
    short, whole = text.diagnosis(told, brief=True), text.diagnosis(told)
    assert short.count(f"{many[0].severity.word.upper()}: ") == text.FINDINGS_WHOLE
    assert short.partition("\nIn short\n")[2].count(many[0].title) == 12 - text.FINDINGS_WHOLE
    assert "In short" not in whole
    few = msgspec.structs.replace(told, findings=many[:8])
    assert text.diagnosis(few, brief=True) == text.diagnosis(few)


def test_in_short_a_symptom_stands_below_what_explains_it() -> None:
    symptoms = tuple(samples.finding(detail=str(n), root_cause=False) for n in range(12))
    told = tuple(s.id for s in symptoms)
    causes = tuple(
        samples.finding("SETTING_MISSING", detail=str(n), root_cause=True, explains=told[n : n + 1])
        for n in range(9)
    )
    first = msgspec.structs.replace(causes[0], explains=(*told[:9], "IMAGE_LATEST:Pod/shop/web"))
    found = (first, *causes[1:], *symptoms)
    shown = text.diagnosis(
        Diagnosis(cluster="c", now=samples.START, findings=found), width=200, brief=True
    )
    cause, _, rest = shown.partition("\nCRITICAL: ")[2].partition("\n\n")
    assert "explains 10 other findings, among them:\n" in cause
    assert cause.count(f"    critical: {symptoms[0].subject}: ") == 9
    assert rest.partition("\nIn short\n")[2].count("  critical: ") == 3
    assert rest.count("  critical: ") == 3


def test_causes_and_symptoms_are_counted_and_named_to_each_other() -> None:
    symptom = samples.finding(detail="other", root_cause=False)
    cause = samples.finding("SETTING_MISSING", root_cause=True, explains=(symptom.id,))
    shown = text.diagnosis(
        Diagnosis(cluster="c", now=samples.START, findings=(cause, symptom)), width=200
    )
    assert shown.startswith("1 likely cause, 1 symptom in c\n")
    assert "  explains 1 other finding\n" in shown
    assert f"  explained by {cause.title}: {cause.subject}\n" in shown


def test_what_is_below_a_warning_takes_a_line_and_several_alike_one_together() -> None:
    notes = tuple(
        samples.finding(detail=str(n), severity=Severity.INFO, root_cause=False) for n in range(4)
    )
    alone = samples.finding("IMAGE_LATEST", severity=Severity.INFO, title="Another matter")
    found = Diagnosis(cluster="c", now=samples.START, findings=(*notes, alone))
    shown = text.diagnosis(found, width=500).splitlines()
    assert shown[0] == "Nothing wrong in c, 5 notes."
    together = ", ".join([str(notes[0].subject)] * 4)
    assert shown[-2:] == [
        f"  - {notes[0].title}: {together}",
        f"  - {alone.subject}: {alone.message}",
    ]


def test_on_a_narrow_terminal_only_what_is_copied_is_longer_than_a_line() -> None:
    long = "Take the note that tells of this, and ask who renamed the key before it is put back."
    command = "kubectl patch deployment/web -n shop -p '" + "x" * 80 + "'"
    found = samples.finding(title="A title of many words, " * 3, next_steps=(command,))
    judged = Diagnosis(cluster="c", now=samples.START, findings=(found,))
    conclusion = msgspec.structs.replace(samples.CONCLUSION, next_steps=(command, long))
    ended = Concluded(at=samples.at(4), conclusion=conclusion)
    asked = card(samples.investigation((*samples.WORK, ended)), samples.at(5))
    for shown in (text.diagnosis(judged, width=60), text.investigation(asked, 60)):
        longer = [line for line in shown.splitlines() if len(line) > 60]
        assert [line.strip(" >") for line in longer] == [command]
