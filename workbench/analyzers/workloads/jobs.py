"""Jobs that fail, hang or are suspended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import once
from workbench.analyzers.logs.logbook import log_reason
from workbench.analyzers.networking.peers import about_host, blamed
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import error_text, exit_code, span
from workbench.analyzers.workload import Part, controller, parts
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Condition, CronJob, Job, Pod, condition


def jobs(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Jobs that failed, are failing, or are suspended."""
    for job in snapshot.all(Job):
        if job.metadata.deletion_timestamp or _complete(job):
            continue
        report = condition(job.status.conditions, "Failed") or condition(
            job.status.conditions, "FailureTarget"
        )
        if report and report.status == "True":
            yield _failed(snapshot, now, job, report)
        elif job.status.failed and not job.status.succeeded:
            yield _failing(snapshot, job)
        if job.spec.suspend:
            yield finding(
                "JOB_SUSPENDED",
                job,
                f"Job {job.name} is suspended",
                [seen(job, "spec.suspend", True)],
            )


def _complete(job: Job) -> bool:
    return _holds(job, "Complete")


def ended(job: Job) -> bool:
    """Whether it is done, well or not."""
    return _complete(job) or _holds(job, "Failed")


def _holds(job: Job, type_: str) -> bool:
    report = condition(job.status.conditions, type_)
    return report is not None and report.status == "True"


def _failed(snapshot: ClusterSnapshot, now: datetime, job: Job, report: Condition) -> Finding:
    late = report.reason == "DeadlineExceeded"
    limit = job.spec.active_deadline_seconds
    if late:
        why = (
            f"it ran longer than activeDeadlineSeconds ({span(limit)})"
            if limit
            else ("it ran longer than activeDeadlineSeconds")
        )
    else:
        why = error_text(report.message) or "it reports the condition Failed"
    last, evidence, related = _last_run(snapshot, job)
    reason = f" ({report.reason})" if report.reason else ""
    return finding(
        "JOB_DEADLINE_EXCEEDED" if late else "JOB_FAILED",
        job,
        f"Job {job.name} failed{reason}: {why}"
        + (f"; {counted(job.status.failed, 'pod')} failed" if job.status.failed else "")
        + last,
        [seen(job, "status.conditions[Failed]", f"{report.reason}: {report.message}"), *evidence],
        severity=_past(snapshot, now, job, report),
        related=related,
        since=report.last_transition_time,
    )


def _past(snapshot: ClusterSnapshot, now: datetime, job: Job, report: Condition) -> Severity | None:
    """A failed run of a CronJob that has succeeded since is history."""
    owner = snapshot.get(CronJob, job.namespace, _cron_job(job)) if _cron_job(job) else None
    if owner is None:
        return None
    when, ok = report.last_transition_time, owner.status.last_successful_time
    if when and ok and ok > when:
        return Severity.INFO
    later = [
        j
        for j in runs(snapshot).get((job.namespace, owner.name), ())
        if j is not job and _began(j) > _began(job)
    ]
    return Severity.INFO if any(ended(j) for j in later) else None


def _began(job: Job) -> float:
    when = job.status.start_time or job.metadata.creation_timestamp
    return when.timestamp() if when else 0.0


def _cron_job(job: Job) -> str:
    above = controller(job)
    return above.name if above and above.kind == "CronJob" else ""


@once
def runs(snapshot: ClusterSnapshot) -> dict[tuple[str, str], list[Job]]:
    """The Jobs of each CronJob, by its namespace and name."""
    found: dict[tuple[str, str], list[Job]] = {}
    for job in snapshot.all(Job):
        if _cron_job(job):
            found.setdefault((job.namespace, _cron_job(job)), []).append(job)
    return found


def _failing(snapshot: ClusterSnapshot, job: Job) -> Finding:
    last, evidence, related = _last_run(snapshot, job)
    return finding(
        "JOB_FAILING",
        job,
        f"{counted(job.status.failed, 'pod')} of Job {job.name} failed and none has succeeded; its "
        f"backoff limit is {job.spec.backoff_limit}{last}",
        [seen(job, "status.failed", job.status.failed), *evidence],
        related=related,
        since=job.status.start_time,
    )


def _last_run(
    snapshot: ClusterSnapshot, job: Job
) -> tuple[str, list[Pointer], tuple[ObjectRef, ...]]:
    """What the Job's newest failed pod ended with, in words, evidence and peers it blames."""
    failed = [
        (pod, part)
        for pod in snapshot.owned_by(job)
        if isinstance(pod, Pod)
        for part in parts(pod)
        if _ending(part)
    ]
    if not failed:
        return "", [], ()
    pod, part = max(failed, key=lambda pair: _ended_at(pair[1]))
    ending = part.status.state.terminated or part.status.last_state.terminated
    if ending is None:
        return "", [], ()
    why, log = log_reason(snapshot, pod, part)
    words = f"; the last run of {part.what} exited with {exit_code(ending.exit_code)}"
    if ending.reason == "OOMKilled":
        words = f"; the last run of {part.what} was killed for using too much memory (OOMKilled)"
    if why and why.kind in ("error", "last-line"):
        words += f"; its log ends with: {why.says}"
    elif why:
        hint = about_host(snapshot, pod.namespace, why.host) if why.host else ""
        words += f"; its log says: {why.says}" + (f" ({hint})" if hint else "")
    pointer = seen(pod, f"{part.path}.state.terminated", f"exitCode {ending.exit_code}")
    return words, [pointer, *log], (ObjectRef.of(pod), *blamed(snapshot, pod, why))


def _ending(part: Part) -> bool:
    for state in (part.status.state, part.status.last_state):
        if state.terminated and state.terminated.exit_code:
            return True
    return False


def _ended_at(part: Part) -> float:
    ending = part.status.state.terminated or part.status.last_state.terminated
    return ending.finished_at.timestamp() if ending and ending.finished_at else 0.0
