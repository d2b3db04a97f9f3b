"""What a running container keeps complaining about: the troubles of its log that still go on.

One line may be one unlucky request. What a log says again and again, and still says at its end, is
the state that its program is in.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from workbench.analyzers.logs.lines import parse
from workbench.analyzers.logs.reading import UNREACHABLE, LogDigest, Reason, Signature
from workbench.analyzers.logs.times import moment
from workbench.core.findings import Severity

SERIOUS = frozenset(
    {
        "alarm", "auth", "bucket", "cache-full", "clock", "conntrack", "consumer", "damaged",
        "database", "header",
        "denied", "fault", "feature-flag", "gc", "license", "migration", "no-leader", "no-save",
        "no-space", "out-of-memory", "pool", "quota", "rate-limited", "read-only",
        "read-only-data", "region", "sealed", "slow-disk", "stopped", "tls", "tls-expired",
        "tls-name", "topic",
    }
)  # fmt: skip
"""Kinds that do not pass by themselves, even while the container counts as ready."""

SYMPTOMS = UNREACHABLE | {
    "breaker",
    "tls-remote",
    "lag",
    "slow-query",
    "bad-data",
    "protocol",
    "blocked",
}
"""Kinds that are mostly another's fault: told after those that say what is wrong."""

OFTEN = 3
"""Fewer lines of a serious kind than this may be one unlucky request."""

USUAL = 5
"""The same for every other kind: clients retry, and the retry succeeds."""

HARDLY_ELSE = 0.3
"""Of a log that says little else, two lines of a serious kind are enough: they are this part of it
or more. Of other kinds they must be all that it says."""

ONCE = frozenset({"alarm", "stopped"})
"""Kinds that a program says once and that hold until it says otherwise."""

STEADY = 10
"""So many lines of a serious kind are the container's state and an error."""

UNKNOWN_SHARE = 0.1
"""Errors of no known kind count from this share of the log's lines on, and ``STEADY`` of them."""

LATELY = timedelta(minutes=10)
"""What the log has not said for so long before its end is over."""

TELLING_LAST = 0.5
"""Of a log without times, the part of its lines after which a trouble is over."""


PASSES = UNREACHABLE | {"breaker", "tls-remote", "error", "rate-limited"}
"""Kinds that programs live with while they come now and then, all the time."""

WATCHED = timedelta(minutes=30)
"""How long a log must go back to show that something has always been so."""

EARLY = 1 / 3
"""What is always so begins in the first part of the log."""

A_MINUTE = 0.5
"""And fewer lines than this many a minute say it."""


_EXCEPTION = re.compile(r"\w(?:Exception|Error): ")
"""What an exception says is more telling than what its logger says of it."""


class Complaint(msgspec.Struct, frozen=True):
    """A trouble that goes on: how bad, how often, and since when (None: unknown)."""

    reason: Reason
    severity: Severity
    count: int
    since: datetime | None = None


def complaints(log: LogDigest, now: datetime) -> tuple[Complaint, ...]:
    """The troubles that still go on at the end of the log, the most telling first."""
    found = [c for s in log.signatures if (c := _known(s, log, now))]
    unknown = [c for s in log.repeated if (c := _unknown(s, log, now))]
    found += sorted(unknown, key=lambda c: not _EXCEPTION.search(c.reason.says))[:1]
    return tuple(sorted(found, key=_telling))


def _known(signature: Signature, log: LogDigest, now: datetime) -> Complaint | None:
    kind, count = signature.reason.kind, signature.count
    if kind in ONCE:
        return _complaint(signature, Severity.ERROR, now)
    least = OFTEN if kind in SERIOUS else USUAL
    share = HARDLY_ELSE if kind in SERIOUS else 1.0
    few = count < least and (count < 2 or count < share * log.lines)
    if few or not goes_on(signature, log, now):
        return None
    alone = count >= log.lines  # then the log may have begun with it
    if kind in PASSES and not alone and always_so(signature, log, now):
        return _complaint(signature, Severity.INFO, now)
    steady = kind in SERIOUS and count >= STEADY
    return _complaint(signature, Severity.ERROR if steady else Severity.WARNING, now)


def _unknown(signature: Signature, log: LogDigest, now: datetime) -> Complaint | None:
    if parse(signature.reason.line).level == "warn" and not _EXCEPTION.search(
        signature.reason.says
    ):
        return None  # a warning that nobody knows is not an error
    times = max(log.errors, signature.count)
    few = times < max(STEADY, UNKNOWN_SHARE * log.lines) or signature.count < OFTEN
    if few or not goes_on(signature, log, now):
        return None
    usual = always_so(signature, log, now) and not _EXCEPTION.search(signature.reason.says)
    return _complaint(signature, Severity.INFO if usual else Severity.WARNING, now)


def always_so(signature: Signature, log: LogDigest, now: datetime) -> bool:
    """Whether the log has said it now and then from its beginning on, and never often: then it is
    no news, and nothing that somebody noticed just now."""
    start, end = moment(log.first_time, now.year), moment(log.last_time, now.year)
    first = moment(signature.first_time, now.year)
    if start is None or end is None or first is None or end - start < WATCHED:
        return False
    minutes = (end - start).total_seconds() / 60
    return first - start <= EARLY * (end - start) and signature.count < A_MINUTE * minutes


def _complaint(signature: Signature, severity: Severity, now: datetime) -> Complaint:
    said = dated(signature)
    since = moment(signature.first_time, now.year)
    return Complaint(said, severity, signature.count, since)


def goes_on(signature: Signature, log: LogDigest, now: datetime) -> bool:
    """Whether the log still says it near its end."""
    return lasts(signature.last_number, signature.last_time, log, now)


def lasts(number: int, time: str, log: LogDigest, now: datetime) -> bool:
    """Whether the line of that number and time stands near the end of the log."""
    last = moment(time, now.year)
    end = moment(log.last_time, now.year)
    if last is None or end is None:
        return number >= TELLING_LAST * log.lines
    return end - last <= LATELY


def _telling(one: Complaint) -> tuple[object, ...]:
    kind = one.reason.kind
    order = 2 if kind == "error" else 1 if kind in SYMPTOMS else 0
    return (order, kind not in SERIOUS, -one.count, one.reason.number)


def dated(signature: Signature) -> Reason:
    """The first line of its kind, with the time of the last one where the log tells times."""
    found, stamp = signature.reason, signature.last_time
    first = parse(found.line).time
    line = found.line.replace(first, stamp, 1) if first and stamp else found.line
    return msgspec.structs.replace(found, line=line)
