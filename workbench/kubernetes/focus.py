"""The findings of a diagnosis that concern the objects a selector picks."""

from __future__ import annotations

import msgspec

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.diagnosis import Diagnosis
from workbench.core.objects import LabelSelector
from workbench.core.timeline import related


def focus(diagnosis: Diagnosis, snapshot: ClusterSnapshot, selector: LabelSelector) -> Diagnosis:
    """Only findings about the picked objects, their owners, what they own and their nodes, and
    the findings that explain those."""
    picked: set[ObjectRef] = set()
    for objects in snapshot.objects.values():
        for obj in objects:
            if selector.matches(obj.labels):
                picked |= related(snapshot, ObjectRef.of(obj))
    kept = {
        f.id for f in diagnosis.findings if f.subject in picked or not picked.isdisjoint(f.related)
    }
    causes = {f.id for f in diagnosis.findings if not kept.isdisjoint(f.explains)}
    findings = tuple(f for f in diagnosis.findings if f.id in kept | causes)
    return msgspec.structs.replace(diagnosis, findings=findings)
