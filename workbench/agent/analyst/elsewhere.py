"""What the case is not: refuted hypotheses, and faults that have nothing to do with it."""

from __future__ import annotations

import re
from datetime import UTC, timedelta

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import Case, Lead, absent, is_about_absence, workload_of
from workbench.agent.analyst.chain import Reason, began_with
from workbench.agent.analyst.environment import reader
from workbench.agent.analyst.explanations import Explanations
from workbench.agent.analyst.names import same_family
from workbench.agent.analyst.phrases import FROM_LOGS, brief, clock, headed
from workbench.agent.analyst.revisions import history_of, in_words
from workbench.core.characters import visible
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding, Severity

_NOTED = frozenset(
    {
        "CRON_JOB_SUSPENDED", "JOB_SUSPENDED", "WORKLOAD_SCALED_TO_ZERO", "ROLLOUT_PAUSED",
        "NODE_CORDONED", "POD_EVICTED", "POD_RESTARTING", "POD_OOM_KILLED", "HPA_AT_MAXIMUM",
        "LOG_ERRORS", "LOG_TREND", "NETWORK_POLICY_BLOCKS", "SERVICE_REFERENCE_MISSING",
        "GRACE_TOO_SHORT",
    }
)  # fmt: skip
_SEPARATE = 5  # faults elsewhere that are told
_LONG_BEFORE = timedelta(hours=1)


def refuted(lead: Lead, case: Case) -> bool:
    """Something is said to be missing, and a call that asked for exactly that got it."""
    got = [a for a in case.answers if role.role(a.remote_name) == role.GET and not a.failed]
    missing = [ref for ref in lead.cause.related if _called_missing(ref, lead.cause)]
    return any(role.subject(a) in missing and not absent(a) for a in got)


def _called_missing(ref: ObjectRef, finding: Finding) -> bool:
    """The message says of the object itself, not of a port or key of it, that it is not there."""
    said = rf"\b{re.escape(ref.name)}\b[^;:.]{{0,40}}\b(?:not exist|not found|is missing)"
    return bool(re.search(said, finding.message))


def ruled_out(
    case: Case, leads: tuple[Lead, ...], no_more: tuple[Lead, ...], why: Reason | None
) -> tuple[str, ...]:
    """Refuted hypotheses and changes that are not the reason, each in one line."""
    lines = [f"{headed(x.cause)}: it was asked for and is there now" for x in no_more]
    if leads:
        lines += _no_rollback(leads[0], why, case)
        lines += _old_revisions(leads, case)
    return tuple(lines)


def _no_rollback(main: Lead, why: Reason | None, case: Case) -> list[str]:
    """The fault came with a revision that did not change what is missing."""
    known = began_with(main, case)
    reads = reader(main.cause)
    name = why.variable.name if why and why.variable else reads.variable if reads else ""
    if known is None or known.before is None or not name or known.touches(name):
        return []
    changed = in_words(known.newest)
    return [
        f"Rolling {known.workload} back: revision {known.newest.number} changed only "
        f"{visible(changed)}, so revision {known.before.number} would miss {name} too"
    ]


def _old_revisions(leads: tuple[Lead, ...], case: Case) -> list[str]:
    """A change of the very objects that suffer, when their newest revision is old."""
    lines: list[str] = []
    for lead in leads[1:] if leads[0].host else leads[:1]:
        workload = workload_of(lead)
        known = history_of(workload, case.answers) if workload else None
        since = lead.cause.since
        if known is None or known.newest.created is None or since is None:
            continue
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        if since - known.newest.created > _LONG_BEFORE:
            when = clock(known.newest.created, case.now)
            lines.append(
                f"A release of {workload}: its newest revision {known.newest.number} is of {when}"
            )
    return lines


def also_seen(case: Case, leads: tuple[Lead, ...]) -> tuple[str, ...]:
    """Root causes that explain nothing of what was asked about."""
    told = {f.id for lead in leads for f in (lead.cause, *lead.symptoms)}
    told |= {f.id for f in case.meant.findings} if not case.broad else set()
    others = separate(case, told)
    edges = Explanations(case.findings)
    owners = [workload_of(Lead(cause=f, symptoms=edges.below(f))) for f in others[:_SEPARATE]]
    lines = [
        brief(f, owner if owner != f.subject else None)
        for f, owner in zip(others, owners, strict=False)
    ]
    more = len(others) - len(lines)
    return (*lines, f"and {more} more") if more else tuple(lines)


def quiet(case: Case) -> tuple[Finding, ...]:
    """What is no fault by itself and may be the reason all the same, about what was asked first."""
    ranked = case.diagnosis.findings if case.diagnosis else ()
    noted = [f for f in ranked if f.severity == Severity.INFO and f.code in _NOTED]
    places = {*case.meant.namespaces, *(ref.namespace for ref in case.objects)}
    near = [f for f in noted if (f.subject.namespace in places if places else not _chatter(f))]
    return tuple(near[:_SEPARATE])


def _chatter(finding: Finding) -> bool:
    """A line in a log of the cluster's own parts, which always hold some."""
    return finding.code in FROM_LOGS and finding.subject.namespace == "kube-system"


def separate(case: Case, told: set[str]) -> list[Finding]:
    """Root causes that are not told yet, one for each workload and thing that is missing."""
    edges = Explanations(case.findings)
    kin: list[ObjectRef] = [f.subject for f in case.findings if f.id in told]
    missing = {(f.code, f.detail) for f in case.findings if f.id in told and f.detail}
    found: list[Finding] = []
    for finding in case.findings:
        if finding.id in told or (not finding.root_cause and edges.above(finding)):
            continue
        same = (finding.code, finding.detail) in missing and is_about_absence(finding)
        if same or any(same_family(finding.subject, k) for k in kin):
            continue
        kin.append(finding.subject)
        missing.add((finding.code, finding.detail))
        found.append(finding)
    return found
