"""Schedules that run and schedules that never will."""

from __future__ import annotations

import pytest

from workbench.analyzers.cron import schedule_error


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
