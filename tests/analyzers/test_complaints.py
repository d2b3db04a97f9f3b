"""What a running container's log keeps complaining about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.analyzers.logs.complaints import STEADY, Complaint, complaints
from workbench.analyzers.logs.reading import read
from workbench.core.findings import Severity

NOW = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
REJECTED = "ERROR password authentication failed for user 'shop'"
CALM = "INFO request handled"


def log(*minutes_and_texts: tuple[int, str]) -> tuple[Complaint, ...]:
    lines = [f"2026-05-04T10:{minute:02d}:00Z {text}" for minute, text in minutes_and_texts]
    return complaints(read(lines), NOW)


def test_what_does_not_pass_by_itself_is_an_error_once_it_is_steady() -> None:
    (found,) = log(*((m, REJECTED) for m in range(STEADY)))
    assert (found.severity, found.count) == (Severity.ERROR, STEADY)
    assert found.since == datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def test_a_few_such_lines_are_a_warning_and_two_are_one_unlucky_request() -> None:
    (found,) = log(*((m, REJECTED) for m in range(3)))
    assert found.severity == Severity.WARNING
    assert not log((1, REJECTED), (2, REJECTED), *((2, CALM) for _ in range(6)))


def test_two_such_lines_are_a_warning_in_a_log_that_says_little_else() -> None:
    (found,) = log((0, CALM), (1, CALM), (1, REJECTED), (2, REJECTED))
    assert found.severity == Severity.WARNING
    assert not log((1, CALM), (2, REJECTED))


def test_what_stopped_long_before_the_end_of_the_log_is_over() -> None:
    assert not log(*((m, REJECTED) for m in range(5)), *((m, CALM) for m in range(5, 29)))


def test_a_state_that_is_said_once_holds() -> None:
    (found,) = log(
        (1, "[warning] memory resource limit alarm set on node a"),
        *((m, CALM) for m in range(2, 29)),
    )
    assert found.reason.kind == "alarm"


def test_what_says_the_cause_comes_before_what_suffers_from_it() -> None:
    slow = "ERROR rpc error: code = DeadlineExceeded desc = context deadline exceeded"
    found = log(*(line for m in range(9) for line in ((m, slow), (m, slow), (m, REJECTED))))
    assert [c.reason.kind for c in found] == ["auth", "timeout"]


def test_errors_of_no_known_kind_count_when_they_are_a_tenth_of_the_log() -> None:
    odd = "ERROR the frobnicator is out of order"
    (found,) = log(*((m % 30, odd) for m in range(12)))
    assert "frobnicator" in found.reason.says
    assert not log(*((5, CALM) for _ in range(300)), *((6, odd) for _ in range(12)))


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", "cache-full"),
        ("ERROR: cannot execute INSERT in a read-only transaction", "read-only-data"),
        ("(403) ACCESS_REFUSED - Login was refused using authentication", "auth"),
        ("SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed')", "auth"),
        ("An error occurred (InvalidAccessKeyId) when calling PutObject", "auth"),
        ("error: does not have bigquery.jobs.create permission in project x", "denied"),
        ("flood stage disk watermark [95%] exceeded, index read-only / allow delete", "no-space"),
        ("WARN consumer poll timeout has expired", "consumer"),
        ("WARN fsync-ing the write ahead log in SyncThread:1 took 4200ms", "slow-disk"),
        ("LOG:  duration: 12040.123 ms  execute <unnamed>: SELECT 1", "slow-query"),
        ("ERROR upstream connect error or disconnect/reset before headers", "upstream"),
        ("ERROR read tcp 10.0.0.1:4->10.0.0.2:5: read: connection reset by peer", "reset"),
        ("error: server gave HTTP response to HTTPS client", "protocol"),
        ("FATAL: sorry, too many clients already", "pool"),
        ("thread 'main' panicked at src/rank.rs:88:30:", "panic"),
        ("WARN Queue is full, dropping span batch of 512", "overflow"),
        ("error: Code: 503. Errors: * Vault is sealed", "sealed"),
        ("GetAds failed: feature flag adFailure is enabled", "feature-flag"),
        ("http: TLS handshake error: remote error: tls: bad certificate", "tls-remote"),
    ],
)
def test_programs_are_understood_in_their_own_words(line: str, kind: str) -> None:
    found = log(*((m, line) for m in range(5)))
    assert found
    assert found[0].reason.kind == kind


@pytest.mark.parametrize(
    "line",
    [
        "INFO retry succeeded after connection reset by peer",
        "ERROR: canceling statement due to user request",
        'ERROR: duplicate key value violates unique constraint "orders_pkey"',
        "INFO 0 errors found",
        "I0504 10:20:30.000000 1 request.go:697] Waited for 1.04s due to client-side throttling",
    ],
)
def test_noise_is_no_complaint(line: str) -> None:
    assert not log(*((m, line) for m in range(20)))
