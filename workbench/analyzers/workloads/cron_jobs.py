"""CronJobs that do not run, or whose runs get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import events, latest, recent
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import age, error_text, span
from workbench.analyzers.workloads.cron import came_round, schedule_error
from workbench.analyzers.workloads.jobs import ended, runs
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import CronJob, Job

SKIPPED = 5
"""Runs that a CronJob must have left out before its running Job counts as stuck: now and then one
takes longer than the interval."""

SKIPPED_SLOWLY, SLOWLY_SECONDS = 2, 24 * 3600
"""Of a Job that has run for so long, fewer are enough: those of every night."""

PILED = 4
"""Runs at once from which they are piling up: two overlap now and then, and a retry makes three."""


def cron_jobs(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """CronJobs with an invalid schedule, suspended, missing their runs, or with many at once."""
    for one in snapshot.all(CronJob):
        wrong = schedule_error(one.spec.schedule)
        told = events(
            snapshot,
            one,
            "UnparseableSchedule",
            "InvalidSchedule",
            "UnknownTimeZone",
            "UnParseableCronJobSchedule",
        )
        if wrong or told:
            yield _invalid(one, wrong or error_text(told[-1].message))
        elif one.spec.suspend:
            yield finding(
                "CRON_JOB_SUSPENDED",
                one,
                f"CronJob {one.name} is suspended"
                + (
                    f"; it last ran at {one.status.last_schedule_time:%Y-%m-%d %H:%M}"
                    if one.status.last_schedule_time
                    else ""
                ),
                [seen(one, "spec.suspend", True)],
            )
        else:
            yield from _missed(snapshot, now, one)
            yield from _held_up(snapshot, now, one)
            yield from _piled_up(snapshot, now, one)


def _invalid(one: CronJob, wrong: str) -> Finding:
    return finding(
        "CRON_JOB_SCHEDULE_INVALID",
        one,
        f"CronJob {one.name} has an invalid schedule {one.spec.schedule!r}: {wrong}",
        [seen(one, "spec.schedule", one.spec.schedule)],
    )


def _missed(snapshot: ClusterSnapshot, now: datetime, one: CronJob) -> Iterator[Finding]:
    event = latest(
        snapshot,
        one,
        "FailedNeedsStart",
        "TooManyMissedTimes",
        "MissSchedule",
        "FailedCreate",
        "JobAlreadyActive",
    )
    if event is None or event.type != "Warning" or not recent(now, event.last_seen, 3600):
        deadline = one.spec.starting_deadline_seconds
        if deadline is not None and deadline < 0:
            yield finding(
                "CRON_JOB_MISSES_RUNS",
                one,
                f"CronJob {one.name} has a negative startingDeadlineSeconds ({deadline})",
                [seen(one, "spec.startingDeadlineSeconds", deadline)],
                severity=Severity.INFO,
            )
        return
    when = one.status.last_schedule_time
    if when and event.last_seen and when > event.last_seen:
        return
    yield finding(
        "CRON_JOB_MISSES_RUNS",
        one,
        f"CronJob {one.name} does not start its Jobs ({event.reason}): {error_text(event.message)}",
        [said(event)],
        since=event.first_seen,
    )


def _held_up(snapshot: ClusterSnapshot, now: datetime, one: CronJob) -> Iterator[Finding]:
    """Runs that are skipped because an earlier one does not end (concurrencyPolicy Forbid)."""
    if not one.status.active:
        return
    event = latest(snapshot, one, "JobAlreadyActive")
    running = one.status.active[0].name
    job = snapshot.get(Job, one.namespace, running)
    began = job.status.start_time if job else None
    if event is None or not recent(now, event.last_seen, 3600):
        if one.spec.concurrency_policy != "Forbid" or began is None:
            return
        skipped = came_round(one.spec.schedule, began, now, SKIPPED)
        slow = skipped >= SKIPPED_SLOWLY and (now - began).total_seconds() >= SLOWLY_SECONDS
        if skipped < SKIPPED and not slow:
            return
        event = None
    lasted = age(now, began)
    yield finding(
        "CRON_JOB_MISSES_RUNS",
        one,
        f"CronJob {one.name} skips its runs because Job {running} has not ended"
        + (f" after {span(lasted)}" if lasted else "")
        + " (concurrencyPolicy Forbid)",
        [*([said(event)] if event else []), seen(one, "status.active", running)],
        related=[ObjectRef("Job", one.namespace, running)],
        since=event.first_seen if event else began,
    )


def _piled_up(snapshot: ClusterSnapshot, now: datetime, one: CronJob) -> Iterator[Finding]:
    """Runs that do not end while others are started beside them (concurrencyPolicy Allow)."""
    known = runs(snapshot).get((one.namespace, one.name), ())
    going = [job for job in known if not ended(job)]
    began = min((job.status.start_time for job in going if job.status.start_time), default=None)
    if len(going) < PILED or began is None:
        return
    ends = [one.status.last_successful_time, *(job.status.completion_time for job in known)]
    if any(end and end > began for end in ends):
        return  # they overlap, and end
    yield finding(
        "CRON_JOB_PILES_UP",
        one,
        f"CronJob {one.name} has {len(going)} runs at once: none of them has ended since "
        f"{began:%H:%M} UTC ({span(age(now, began) or 0)}), and its schedule {one.spec.schedule} "
        f"starts more (concurrencyPolicy {one.spec.concurrency_policy or 'Allow'})",
        [
            seen(one, "spec.concurrencyPolicy", one.spec.concurrency_policy or "Allow"),
            *(seen(job, "status.active", job.status.active) for job in going[:2]),
        ],
        related=[ObjectRef.of(job) for job in going],
        since=began,
        newest=going[-1].name,
    )
