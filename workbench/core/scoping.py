"""From what is wrong in a cluster to what is wrong in a scope of it.

A cluster is judged whole, because causes lie outside the namespace that suffers from them; then
the findings are narrowed to what the scope holds and to whatever explains that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import msgspec

from workbench.core.cluster import ClusterSnapshot, ObjectRef, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding
from workbench.core.objects import Namespace
from workbench.core.selectors import parse_selector
from workbench.core.timeline import related
from workbench.errors import UsageError


def narrow(diagnosis: Diagnosis, snapshot: ClusterSnapshot, scope: Scope) -> Diagnosis:
    """The findings about objects in ``scope``, and those elsewhere that explain one of them.

    Cluster-scoped objects are in every namespace's scope: nodes and classes serve them all.

    Raises UsageError when the scope's selector is not a label selector.
    """
    if not scope.namespaces and not scope.selector:
        return diagnosis
    inside = _picked(snapshot, scope) if scope.selector else None

    def concerns(finding: Finding) -> bool:
        if inside is not None:
            return finding.subject in inside
        return scope.covers(finding.subject.namespace)

    kept = {f.id for f in diagnosis.findings if concerns(f)}
    findings = tuple(f for f in diagnosis.findings if f.id in kept or kept & set(f.explains))
    return msgspec.structs.replace(diagnosis, findings=_without_dangling(findings))


NO_NAMESPACE = "There is no namespace"
"""How the sentence about a namespace that is not there begins, also when a tool passes it on."""


def check_namespaces(snapshot: ClusterSnapshot, scope: Scope) -> None:
    """Raises UsageError when a namespace of the scope is not there or was not read, naming the
    nearest; passes where the namespaces could not be listed."""
    named = set(snapshot.held) or {n.name for n in snapshot.all(Namespace)}
    if not named:
        return
    where = f"what was read of {snapshot.cluster}" if snapshot.held else snapshot.cluster
    for asked in scope.namespaces:
        if asked in named or any(
            o.namespace == asked for k in snapshot.objects.values() for o in k
        ):
            continue
        raise no_namespace(asked, named, where)


def check_selector(snapshot: ClusterSnapshot, scope: Scope) -> None:
    """Raises UsageError when nothing in the scope has the labels of its selector; passes where
    nothing could be read."""
    if scope.selector and any(snapshot.objects.values()) and not any(_matching(snapshot, scope)):
        where = f" in {', '.join(scope.namespaces)}" if scope.namespaces else ""
        raise UsageError(
            f"Nothing{where} has the labels {scope.selector} in {snapshot.cluster}.",
            "See kubectl get pods -A --show-labels.",
        )


def no_namespace(asked: str, named: Iterable[str], cluster: str) -> UsageError:
    """That the namespace is not among those there are, with the nearest of them."""
    near = get_close_matches(asked, sorted(named), 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(named))}."
    return UsageError(f"{NO_NAMESPACE} {asked} in {cluster}.", hint)


def _picked(snapshot: ClusterSnapshot, scope: Scope) -> set[ObjectRef]:
    """What the selector picks in the scope's namespaces, their owners, what they own, their
    nodes."""
    picked: set[ObjectRef] = set()
    for ref in _matching(snapshot, scope):
        picked |= related(snapshot, ref)
    return picked


def _matching(snapshot: ClusterSnapshot, scope: Scope) -> Iterator[ObjectRef]:
    selector = parse_selector(scope.selector)
    for objects in snapshot.objects.values():
        for obj in objects:
            if scope.covers(obj.namespace) and selector.matches(obj.labels):
                yield ObjectRef.of(obj)


def _without_dangling(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings whose ``explains`` name only findings that are still there."""
    ids = {f.id for f in findings}
    return tuple(
        msgspec.structs.replace(f, explains=tuple(i for i in f.explains if i in ids))
        for f in findings
    )
