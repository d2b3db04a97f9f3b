"""Times as programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.analyzers.logs.lines import parse
from workbench.analyzers.logs.times import moment


@pytest.mark.parametrize(
    "line",
    [
        "2026-05-04T10:20:30Z INFO x",
        "2026-05-04 10:20:30,000 ERROR x",
        "2026/05/04 10:20:30 [error] 31#31: x",
        "2026-05-04 10:20:30.000 UTC [27] LOG:  x",
        "E0504 10:20:30.000000       1 reflector.go:138] x",
        '10.0.0.1 - - [04/May/2026:10:20:30 +0000] "GET / HTTP/1.1" 500 1',
        "1:M 04 May 2026 10:20:30.010 * Ready",
        '{"level":"error","ts":1777890030,"msg":"x"}',
        '{"t":{"$date":"2026-05-04T10:20:30.000Z"},"s":"I","ctx":"conn1","msg":"x"}',
    ],
)
def test_every_common_form_of_time_is_read(line: str) -> None:
    found = moment(parse(line).time, 2026)
    assert found is not None
    assert found.replace(microsecond=0) == datetime(2026, 5, 4, 10, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "10:20:30", "yesterday", "99/Foo/2026:10:20:30 +0000"])
def test_what_is_no_time_of_a_day_is_unknown(text: str) -> None:
    assert moment(text, 2026) is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "2026-05-04T06:00:00.123Z ERROR 1 --- [orders] [nio-1] c.a.Handler : it failed",
            "it failed",
        ),
        (
            'E0504 06:00:00.000000       1 controller.go:214] "Reconciler error" '
            'err="secrets \\"a\\" is forbidden" controller="web"',
            'Reconciler error: secrets "a" is forbidden',
        ),
        ('I0504 06:00:00.000000       1 main.go:1] "Started" port="80"', '"Started" port="80"'),
    ],
)
def test_what_a_logger_puts_around_its_words_is_left_out(line: str, text: str) -> None:
    assert parse(line).text == text
