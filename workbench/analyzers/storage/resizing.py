"""Claims that are to grow and have not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from workbench.analyzers.history import latest, recent
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.storage.binding import size
from workbench.analyzers.wording import error_text
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import PersistentVolumeClaim, condition
from workbench.core.quantity import parse_quantity

GROWING_SECONDS = 300
"""Drivers grow a volume within a minute or two; after this it is worth a word."""

FAILURES = ("VolumeResizeFailed", "FileSystemResizeFailed", "ExternalExpandFailed")


def resizes(
    snapshot: ClusterSnapshot, now: datetime, claim: PersistentVolumeClaim
) -> Iterator[Finding]:
    """A claim that asks for more than it has: failed, or under way for too long."""
    wants = parse_quantity(claim.spec.resources.requests.get("storage"))
    has = parse_quantity(claim.status.capacity.get("storage"))
    if not (wants and has and has < wants):
        return
    event = latest(snapshot, claim, *FAILURES)
    what = f"from {claim.status.capacity.get('storage')} to {size(claim)}"
    if event:
        yield finding(
            "CLAIM_RESIZE_FAILED",
            claim,
            f"PersistentVolumeClaim {claim.name} cannot be grown {what}: "
            f"{error_text(event.message)}",
            [said(event)],
            since=event.first_seen,
        )
        return
    for type_, why in (
        ("FileSystemResizePending", "the filesystem grows when a pod mounts it anew"),
        ("Resizing", "the storage driver has not finished"),
    ):
        report = condition(claim.status.conditions, type_)
        if report and report.status == "True":
            if not recent(now, report.last_transition_time, GROWING_SECONDS):
                yield finding(
                    "CLAIM_RESIZE_PENDING",
                    claim,
                    f"PersistentVolumeClaim {claim.name} is still to be grown {what}: {why}"
                    + (f" ({error_text(report.message, 150)})" if report.message else ""),
                    [seen(claim, f"status.conditions[{type_}]", f"True {report.message}")],
                    since=report.last_transition_time,
                )
            return
