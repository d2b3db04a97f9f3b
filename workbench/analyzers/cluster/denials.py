"""Controllers and jobs that the API server refuses for want of a permission, by their events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.cluster.access import Denial, denial, missing_rule
from workbench.analyzers.history import recent
from workbench.analyzers.report import finding, said
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Event

FRESH_SECONDS = 3600
"""Events are kept for an hour by default; an older refusal may have been put right."""


def from_events(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """One finding for each permission that an account lacks, about the object it worked on."""
    newest: dict[Denial, Event] = {}
    for event in snapshot.all(Event):
        if event.type != "Normal" and " cannot " in event.message:
            refused = denial(event.message)
            if refused and recent(now, event.last_seen, FRESH_SECONDS):
                newest[refused] = event
    for refused, event in sorted(newest.items(), key=lambda pair: str(pair[0])):
        yield _denied(snapshot, refused, event)


def _denied(snapshot: ClusterSnapshot, refused: Denial, event: Event) -> Finding:
    home, account = refused.account
    about = event.involved_object
    why, roles = missing_rule(snapshot, refused)
    who = f"ServiceAccount {account} of namespace {home}" if account else f"User {refused.user}"
    where = f" in namespace {refused.namespace}" if refused.namespace else " in the whole cluster"
    group = f" (API group {refused.group})" if refused.group else ""
    return finding(
        "RBAC_DENIED",
        ObjectRef(about.kind, about.namespace, about.name),
        f"{who} may not {refused.verb} {refused.resource}{group}{where}, says an event about "
        f"{about.kind} {about.name}" + (f"; {why}" if why else ""),
        [said(event)],
        detail=f"{account or refused.user} {refused.verb} {refused.resource}",
        related=[*([ObjectRef("ServiceAccount", home, account)] if account else []), *roles],
        since=event.first_seen,
        verb=refused.verb,
        resource=refused.resource,
        user=refused.user,
    )
