"""Which findings are inside what was asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import LabelSelector
from workbench.core.objects.meta import Requirement

_SET = re.compile(r"^(\S+)\s+(in|notin)\s*\(([^)]*)\)$")
_COMMA = re.compile(r",(?![^(]*\))")


def parse_selector(text: str) -> LabelSelector:
    """A label selector as kubectl takes it: ``a=b,c!=d,e in (x, y),f,!g``."""
    exact: dict[str, str] = {}
    terms: list[Requirement] = []
    for piece in (p.strip() for p in _COMMA.split(text) if p.strip()):
        found = _SET.match(piece)
        if found:
            values = tuple(v.strip() for v in found[3].split(","))
            operator = "In" if found[2] == "in" else "NotIn"
            terms.append(Requirement(key=found[1], operator=operator, values=values))
        elif "!=" in piece:
            key, _, value = piece.partition("!=")
            terms.append(Requirement(key=key.strip(), operator="NotIn", values=(value.strip(),)))
        elif "=" in piece:
            key, _, value = piece.replace("==", "=").partition("=")
            exact[key.strip()] = value.strip()
        elif piece.startswith("!"):
            terms.append(Requirement(key=piece[1:].strip(), operator="DoesNotExist"))
        else:
            terms.append(Requirement(key=piece, operator="Exists"))
    return LabelSelector(match_labels=exact, match_expressions=tuple(terms))


def inside(snapshot: ClusterSnapshot, findings: Iterable[Finding]) -> list[Finding]:
    """Findings about objects in the scope's namespaces and with its labels. Cluster-scoped objects
    are in every namespace scope."""
    scope = snapshot.scope
    selector = parse_selector(scope.selector) if scope.selector else None
    return [
        one
        for one in findings
        if scope.covers(one.subject.namespace)
        and (selector is None or _labelled(snapshot, one.subject, selector))
    ]


def _labelled(snapshot: ClusterSnapshot, ref: ObjectRef, selector: LabelSelector) -> bool:
    obj = snapshot.find(ref)
    if obj is None:
        return False
    if selector.matches(obj.labels):
        return True
    owner = snapshot.find(workload(snapshot, obj)) if ref.kind == "Pod" else None
    return owner is not None and selector.matches(owner.labels)
