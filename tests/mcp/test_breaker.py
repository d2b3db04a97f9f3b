"""When a server is left alone, and when it is tried again."""

from __future__ import annotations

import pytest

from workbench.mcp.breaker import FAILURES, HALF_OPEN_SECONDS, WINDOW_SECONDS, Breaker, Circuit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int, reason: str = "no answer") -> None:
    for _ in range(times):
        assert breaker.admit()
        breaker.failed(reason)


def test_the_figures_are_the_promised_ones() -> None:
    assert (FAILURES, WINDOW_SECONDS, HALF_OPEN_SECONDS) == (5, 60.0, 30.0)


def test_it_opens_after_five_failures_within_a_minute(breaker: Breaker, clock: Clock) -> None:
    for _ in range(4):
        fail(breaker, 1)
        clock.now += 14
    assert breaker.circuit is Circuit.CLOSED
    fail(breaker, 1, "the last straw")
    assert breaker.circuit is Circuit.OPEN
    assert not breaker.admit()
    assert (breaker.reason, breaker.seconds_left) == ("the last straw", 30.0)


def test_five_failures_over_more_than_a_minute_do_not_open_it(
    breaker: Breaker, clock: Clock
) -> None:
    for _ in range(20):
        fail(breaker, 1)
        clock.now += 15.1
    assert breaker.circuit is Circuit.CLOSED


def test_an_answer_in_between_starts_the_count_again(breaker: Breaker) -> None:
    fail(breaker, 4)
    breaker.succeeded()
    fail(breaker, 4)
    assert breaker.circuit is Circuit.CLOSED


def test_every_thirty_seconds_one_call_is_let_through(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    for _ in range(3):
        clock.now += 29.9
        assert not breaker.admit()
        clock.now += 0.1
        assert breaker.circuit is Circuit.HALF_OPEN
        assert breaker.admit()
        assert not breaker.admit()
        breaker.failed("still no answer")
        assert breaker.circuit is Circuit.OPEN
    clock.now += 30
    assert breaker.admit()
    breaker.succeeded()
    assert breaker.circuit is Circuit.CLOSED


def test_a_trial_that_was_stopped_leaves_room_for_another(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 30
    assert breaker.admit()
    breaker.abandoned()
    assert breaker.admit()
