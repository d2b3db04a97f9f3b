"""From what is wrong in a cluster to what is wrong in a scope of it.

A cluster is judged whole, because causes lie outside the namespace that suffers from them; then
the findings are narrowed to what the scope holds and to whatever explains that.
"""

from __future__ import annotations

import msgspec

from workbench.core.cluster import ClusterSnapshot, ObjectRef, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding
from workbench.core.selectors import parse_selector


def narrow(diagnosis: Diagnosis, snapshot: ClusterSnapshot, scope: Scope) -> Diagnosis:
    """The findings about objects in ``scope``, and those elsewhere that explain one of them.

    Raises UsageError when the scope's selector is not a label selector.
    """
    if not scope.namespaces and not scope.selector:
        return diagnosis
    selector = parse_selector(scope.selector)

    def inside(ref: ObjectRef) -> bool:
        if not ref.namespace or not scope.covers(ref.namespace):
            return False
        if not scope.selector:
            return True
        obj = snapshot.find(ref)
        chain = [obj, snapshot.top_owner(obj)] if obj else []
        return any(selector.matches(o.labels) for o in chain)

    kept = {f.id for f in diagnosis.findings if inside(f.subject)}
    findings = tuple(f for f in diagnosis.findings if f.id in kept or kept & set(f.explains))
    return msgspec.structs.replace(diagnosis, findings=_without_dangling(findings))


def _without_dangling(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings whose ``explains`` name only findings that are still there."""
    ids = {f.id for f in findings}
    return tuple(
        msgspec.structs.replace(f, explains=tuple(i for i in f.explains if i in ids))
        for f in findings
    )
