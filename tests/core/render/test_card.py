from __future__ import annotations

import msgspec
import pytest

from tests.support import samples
from workbench.core.investigation import (
    Asked,
    ChangeApplied,
    ChangeDecided,
    ChangeProposed,
    Step,
)
from workbench.core.render import html, markdown, text
from workbench.core.render.card import Mark, State, card, duration, elapsed, is_command, target

STATES = [
    (samples.WORK[:-1], State.RUNNING),
    (samples.COMPLETE, State.COMPLETE),
    ((*samples.WORK, samples.failed()), State.PARTIAL),
    ((*samples.WORK[:3], samples.failed()), State.FAILED),
    ((*samples.WORK, samples.failed(cancelled=True)), State.CANCELLED),
]


PROPOSED = ChangeProposed(
    at=samples.at(3), change="C-7", command="kubectl scale deploy/web --replicas=3", risk="low"
)
YES = ChangeDecided(at=samples.at(9), change="C-7", approved=True, by="ann")
MADE = ChangeApplied(
    at=samples.at(10), change="C-7", summary=f"{PROPOSED.command}: 2 findings gone, 0 new, 1 remain"
)


@pytest.mark.parametrize(("steps", "state"), STATES)
def test_how_it_ended_is_its_state(steps: tuple[Step, ...], state: State) -> None:
    assert card(samples.investigation(steps), samples.at(9)).state is state


def test_a_call_and_its_answer_share_a_line() -> None:
    shown = card(samples.investigation(), samples.at(9))
    assert [line.title for line in shown.lines] == [
        "diagnose",
        "findings",
        "said",
        "list_resources",
        "logs",
    ]
    assert shown.lines[3].summary == "2 rows"
    assert shown.lines[3].evidence == "E2"


def test_an_unanswered_call_runs_until_the_investigation_ends() -> None:
    running = card(samples.investigation(samples.WORK[:2]), samples.at(9))
    ended = card(samples.investigation((*samples.WORK[:2], samples.failed())), samples.at(9))
    assert running.lines[0].mark is Mark.RUNNING
    assert ended.lines[0].mark is Mark.FAILED


def test_time_goes_on_while_it_runs_and_stops_when_it_ends() -> None:
    later = samples.at(60)
    assert card(samples.investigation(samples.WORK), later).seconds == 60
    assert card(samples.investigation(), later).seconds == 3.2


def test_without_a_conclusion_the_findings_are_shown() -> None:
    assert card(samples.investigation(), samples.at(9)).findings == ()
    stopped = card(
        samples.investigation((*samples.WORK, samples.failed(cancelled=True))), samples.at(9)
    )
    assert [f.code for f in stopped.findings] == ["CONFIG_KEY_MISSING", "POD_CRASH_LOOP"]


def test_what_triage_could_not_see_is_not_lost_in_the_conclusion() -> None:
    assert card(samples.investigation(), samples.at(9)).not_checked == (samples.GAP,)


def test_a_follow_up_question_has_a_card_of_its_own() -> None:
    again: tuple[Step, ...] = (*samples.COMPLETE, Asked(at=samples.at(10), question="and now?"))
    shown = card(samples.investigation(again), samples.at(9))
    assert (shown.question, shown.state, shown.lines) == ("and now?", State.RUNNING, ())


def test_the_footer_names_model_calls_seconds_and_label() -> None:
    facts = card(samples.investigation(), samples.at(9)).facts
    assert facts == ("analyst", "3 calls", "3.2 s", "demo", "INV-12")


def test_an_investigation_without_steps_can_be_shown() -> None:
    assert card(samples.investigation(()), samples.at(9)).state is State.RUNNING


def test_small_words() -> None:
    assert target({"kind": "pods", "all": False, "names": ["a", "b"]}) == "kind=pods names=a,b"
    assert (duration(41.4), duration(3200)) == ("41 ms", "3.2 s")
    assert (elapsed(119.94), elapsed(754), elapsed(90_000)) == ("119.9 s", "12m", "25h")
    assert is_command("kubectl get pods")
    assert not is_command("Ask whoever changed it.")


def test_a_change_that_waits_is_what_the_card_is_about() -> None:
    waiting = samples.investigation((*samples.COMPLETE, PROPOSED))
    shown = card(waiting, samples.at(9))
    assert shown.state is State.AWAITING
    (change,) = shown.changes
    assert change.standing == "low risk, waits for a person until 04:04 UTC"
    for told in (text.investigation(shown), markdown.investigation(shown)):
        words = " ".join(told.split())
        assert "%k8s changes C-7" in words
        assert "workbench approve C-7" in words
    assert "wb-awaiting" in html.investigation(shown)
    late = card(waiting, samples.at(3700))
    assert late.state is State.COMPLETE
    assert late.changes[0].standing == "nobody decided until 04:04 UTC"
    (next_day,) = card(waiting, samples.at(86_400)).changes
    assert next_day.standing == f"nobody decided until {samples.START:%Y-%m-%d} 04:04 UTC"
    assert "workbench approve" not in text.investigation(late)


@pytest.mark.parametrize(
    ("after", "standing"),
    [
        ((YES, MADE), "approved by ann; made: 2 findings gone, 0 new, 1 remain"),
        (
            (YES, msgspec.structs.replace(MADE, failed=True, summary="It is not as it was.")),
            "approved by ann; not made: It is not as it was.",
        ),
        (
            (msgspec.structs.replace(YES, approved=False, reason="not on a Friday"),),
            "denied by ann (not on a Friday)",
        ),
    ],
)
def test_what_became_of_a_change_is_on_the_card(after: tuple[Step, ...], standing: str) -> None:
    shown = card(samples.investigation((*samples.COMPLETE, PROPOSED, *after)), samples.at(9))
    assert shown.state is State.COMPLETE
    assert shown.changes[0].standing == standing
    assert standing in " ".join(text.investigation(shown).split())


def test_an_answer_that_saw_little_says_so() -> None:
    blind = (
        samples.asked(),
        samples.called(1, "diagnose"),
        samples.answered(1, "diagnose", "forbidden", failed=True),
        samples.called(2, "logs"),
        samples.answered(2, "logs", "forbidden", failed=True),
        samples.COMPLETE[-1],
    )
    shown = card(samples.investigation(blind), samples.at(9))
    assert shown.state is State.DEGRADED
    assert shown.hint == "2 of 2 calls gave no answer; the steps say why."
