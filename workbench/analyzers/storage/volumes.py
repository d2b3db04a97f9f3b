"""Volumes that failed or are left over, and storage classes that compete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.analyzers.storage.binding import DEFAULT_CLASS, defaults
from workbench.analyzers.wording import error_text
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import PersistentVolume, PersistentVolumeClaim


def volumes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Volumes that failed or are kept without a claim."""
    for volume in snapshot.all(PersistentVolume):
        if volume.status.phase == "Failed":
            text = error_text(volume.status.message or volume.status.reason)
            yield finding(
                "VOLUME_FAILED",
                volume,
                f"PersistentVolume {volume.name} is in phase Failed"
                + (f": {text}" if text else ""),
                [seen(volume, "status.phase", "Failed")],
            )
        elif volume.status.phase == "Released":
            yield finding(
                "VOLUME_RELEASED",
                volume,
                f"PersistentVolume {volume.name} is in phase Released: its claim is gone and the "
                f"volume is kept ({volume.spec.persistent_volume_reclaim_policy or 'Retain'})",
                [seen(volume, "status.phase", "Released")],
            )


def default_classes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """More than one default StorageClass; a note, unless a claim waits that names none."""
    found = defaults(snapshot)
    if len(found) < 2:
        return
    waits = any(
        c.status.phase == "Pending" and c.spec.storage_class_name is None
        for c in snapshot.all(PersistentVolumeClaim)
    )
    names = ", ".join(sorted(c.name for c in found))
    for one in found:
        yield finding(
            "MULTIPLE_DEFAULT_STORAGE_CLASSES",
            one,
            f"StorageClass {one.name} is one of multiple default classes ({names}); claims "
            f"without a class get the newest",
            [seen(one, f"metadata.annotations[{DEFAULT_CLASS[0]}]", "true")],
            severity=Severity.WARNING if waits else Severity.INFO,
            related=[ObjectRef.of(c) for c in found],
        )
