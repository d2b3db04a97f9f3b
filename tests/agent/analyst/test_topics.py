"""What a question asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.agent.analyst.topics import (
    asks_for_changes,
    asks_for_health,
    asks_for_history,
    asks_for_no_fault,
    length_of_time,
    moment_asked,
)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "question",
    [
        "what changed in the last hour?",
        "any recent changes?",
        "recent deploys in shop",
        "did anybody change the Corefile today?",
        "changes since 10:00",
    ],
)
def test_questions_about_changes(question: str) -> None:
    assert asks_for_changes(question)


@pytest.mark.parametrize(
    "question",
    [
        "p99 spikes every few hours and I do not understand why. last deploy was 2 days ago",
        'all searches are empty. Network team changed "something with DNS" today',
        "prices change only after a minute since yesterday",
    ],
)
def test_a_change_that_is_told_of_is_not_asked_for(question: str) -> None:
    assert not asks_for_changes(question)


def test_broken_after_a_change_asks_for_what_broke() -> None:
    assert not asks_for_changes("checkout broken after config change")


@pytest.mark.parametrize(
    ("question", "hour"), [("what happened around 10:00?", 10), ("errors since 3 pm", 15)]
)
def test_a_time_of_day_is_the_last_such_time(question: str, hour: int) -> None:
    found = moment_asked(question, NOW)
    assert found == datetime(2026, 5, 4 if hour < 12 else 3, hour, tzinfo=UTC)


@pytest.mark.parametrize("question", ["only 2 of 3 pods are up", "from 3 replicas one is bad"])
def test_a_count_is_no_time(question: str) -> None:
    assert moment_asked(question, NOW) is None


def test_broken_since_the_last_change_asks_for_what_broke() -> None:
    assert not asks_for_changes("catalog is broken since the last config change")


def test_what_happened_at_a_time_is_a_question_for_the_timeline() -> None:
    assert asks_for_history("what happened around 10:00?")
    assert not asks_for_history("what happened to checkout?")


def test_a_time_of_day_is_looked_at_from_half_an_hour_before() -> None:
    assert length_of_time("what happened around 10:00?", NOW) == "150m"


@pytest.mark.parametrize("question", ["is everything ok?", "any problems in shop?"])
def test_questions_that_know_of_no_trouble(question: str) -> None:
    assert asks_for_health(question)


@pytest.mark.parametrize("question", ["hello", "how many pods are running?", "list deployments"])
def test_what_no_diagnosis_answers_is_known(question: str) -> None:
    assert asks_for_no_fault(question)


def test_a_greeting_before_a_complaint_is_a_complaint() -> None:
    assert not asks_for_no_fault("hi, checkout answers 503 since an hour, what is wrong?")
