"""Schedules that run and schedules that never will."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.analyzers.workloads.cron import came_round, schedule_error


@pytest.mark.parametrize(
    "schedule",
    [
        "*/5 * * * *",
        "0 3 * * MON-FRI",
        "0 0 1 JAN,JUL ?",
        "@hourly",
        "@every 1h30m",
        "5-55/10 * * * 0",
    ],
)
def test_a_valid_schedule_has_no_error(schedule: str) -> None:
    assert schedule_error(schedule) == ""


@pytest.mark.parametrize(
    "schedule",
    ["", "invalid-cron", "61 * * * *", "* * * *", "* * * * * *", "*/0 * * * *", "@soon",
     "TZ=UTC 0 1 * * *", "0 0 * * 7", "9-5 * * * *"],
)  # fmt: skip
def test_an_invalid_schedule_is_explained(schedule: str) -> None:
    assert schedule_error(schedule)


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("*/15 * * * *", 10),
        ("5 * * * *", 5),
        ("@hourly", 5),
        ("30 2-4 * * MON-FRI", 3),
        ("0 0 * * *", 1),
        ("0 0 1 * 6", 0),  # the first of a month or a Saturday
        ("0 0 9 * 1", 1),
        ("@every 1m", 0),
        ("@soon", 0),
    ],
)
def test_how_often_a_schedule_came_round(schedule: str, times: int) -> None:
    begin, end = (datetime(2026, 3, 8, 23, 59, tzinfo=UTC), datetime(2026, 3, 9, 4, 59, tzinfo=UTC))
    assert came_round(schedule, begin, end, 10) == times
