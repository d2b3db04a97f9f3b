"""What logs tell: the first line that looks like an error, and bursts of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.timeline.moment import Lane, Moment

LINES_MOST = 5_000
"""Lines read of one log, from its end."""

LOGS_MOST = 500
BURST = 5
"""Error-looking lines in one minute that make a burst."""

LINE_MOST = 300
MINUTE = timedelta(minutes=1)

_TIME = re.compile(
    r"(?<!\d)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?"
)
_TIME_WITHIN = 200
_BAD = re.compile(
    r"\b(?:fatal|panic|critical|emerg|alert|error|exception|traceback|failed|failure|refused"
    r"|unreachable|timed out|out of memory|oom)\b|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"level[\"']?\s*[=:]\s*[\"']?(?:info|debug|trace)\b|\b(?:INFO|DEBUG|TRACE)\b"
    r"|\b(?:0 errors?|no errors?|errors?[=:] ?0)\b"
)


def messages(snapshot: ClusterSnapshot) -> Iterator[Moment]:
    """At most a first error and its bursts for each log whose lines carry times."""
    told: set[tuple[object, ...]] = set()
    for key in sorted(snapshot.logs)[:LOGS_MOST]:
        for moment in _of_log(key, snapshot.logs[key]):
            same = (moment.subject, moment.at, moment.detail)
            if same not in told:  # the run before the restart may be told as this one too
                told.add(same)
                yield moment


def moment_of(line: str) -> datetime | None:
    """The first time a line carries; UTC where it names no zone."""
    found = _TIME.search(line[:_TIME_WITHIN])
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z", "UTC") else zone
    micro = (fraction or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{micro}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _of_log(key: LogKey, log: str) -> Iterator[Moment]:
    bad: list[tuple[datetime, str]] = []
    for line in log.splitlines()[-LINES_MOST:]:
        if _BAD.search(line[:2000]) and not _GOOD.search(line[:2000]):
            at = moment_of(line)
            if at is not None:
                bad.append((at, line))
    if not bad:
        return
    subject = ObjectRef("Pod", key.namespace, key.pod)
    at, line = min(bad)
    yield _moment(subject, at, f"{key.container}: first error line", said(line))
    for start, end, count in _bursts([at for at, _ in bad]):
        detail = f"{count} error lines in {int((end - start) / MINUTE) + 1} min"
        burst = _moment(subject, start, f"{key.container}: burst of errors", detail, end, count)
        yield burst


def _moment(
    subject: ObjectRef,
    at: datetime,
    what: str,
    detail: str,
    until: datetime | None = None,
    count: int = 1,
) -> Moment:
    return Moment(
        at=at,
        lane=Lane.LOG,
        subject=subject,
        what=what,
        detail=detail,
        until=until if until and until > at else None,
        count=count,
        warning=True,
    )


def _bursts(times: list[datetime]) -> Iterator[tuple[datetime, datetime, int]]:
    """Runs of minutes with ``BURST`` lines or more: first line, last line, lines."""
    minutes = Counter(at.replace(second=0, microsecond=0) for at in times)
    loud = sorted(m for m, count in minutes.items() if count >= BURST)
    run: list[datetime] = []
    for minute in [*loud, None]:
        if run and (minute is None or minute - run[-1] > MINUTE):
            inside = [t for t in times if run[0] <= t < run[-1] + MINUTE]
            yield min(inside), max(inside), len(inside)
            run = []
        if minute is not None:
            run.append(minute)


def said(line: str) -> str:
    """The line without the time it starts with."""
    found = _TIME.match(line)
    rest = line[found.end() :] if found else line
    return rest.strip()[:LINE_MOST]
