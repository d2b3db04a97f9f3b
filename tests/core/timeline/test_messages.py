from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.core.timeline.clusters import snapshot
from workbench.core.timeline import Lane, timeline
from workbench.core.timeline.messages import moment_of


def lines(minute: int, count: int, word: str = "ERROR failed") -> list[str]:
    return [f"2026-11-22T12:{minute:02}:{n:02}.5Z {word} {n}" for n in range(count)]


def told(log: str) -> list[tuple[str, int, str]]:
    found = timeline(snapshot(logs={"web-1": log}))
    return [(m.what, m.count, f"{m.at:%H:%M:%S}") for m in found.moments if m.lane is Lane.LOG]


def test_the_first_error_line_and_bursts_are_told() -> None:
    log = "\n".join(
        [
            *lines(1, 3, "INFO error_log opened"),
            *lines(2, 1),
            *lines(10, 8),
            *lines(11, 5),
            *lines(30, 4),
        ]
    )
    assert told(log) == [
        ("app: first error line", 1, "12:02:00"),
        ("app: burst of errors", 13, "12:10:00"),
    ]


def test_a_log_without_times_tells_nothing() -> None:
    assert told("ERROR failed\nERROR failed again") == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-11-22T12:00:00Z x", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22 12:00:00,500 ERROR", datetime(2026, 11, 22, 12, 0, 0, 500000, tzinfo=UTC)),
        ('{"ts":"2026-11-22T14:00:00+02:00"}', datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-13-45T99:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("nothing", None),
    ],
)
def test_times_are_read_as_programs_write_them(line: str, expected: datetime | None) -> None:
    assert moment_of(line) == expected
