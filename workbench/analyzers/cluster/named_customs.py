"""Custom resources that name another one which does not exist: a Certificate its issuer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Custom

FIELDS = {
    "issuerRef": "Issuer",
    "secretStoreRef": "SecretStore",
    "sourceRef": "",
    "chartRef": "",
}
"""Fields of a spec that name another custom resource, and the kind where they name none
(cert-manager, External Secrets and Flux references)."""


DERIVED = frozenset({"CertificateRequest", "Order", "Challenge"})
"""Kinds that a controller makes from another that names the same."""


def named_customs(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """References to resources of a kind that the snapshot holds, or whose absence the resource
    itself reports; one finding for each that is missing."""
    known: dict[str, list[Custom]] = defaultdict(list)
    for one in snapshot.customs():
        known[one.kind].append(one)
    lacking: dict[ObjectRef, list[tuple[Custom, str]]] = defaultdict(list)
    for one in snapshot.customs():
        for field, wanted in named(one):
            there = any(ObjectRef.of(k) == wanted for k in known[wanted.kind])
            if not there and (known[wanted.kind] or _reports_absence(one, wanted.name)):
                lacking[wanted].append((one, field))
    for wanted, found in lacking.items():
        near = [k.name for k in known[wanted.kind] if k.namespace == wanted.namespace]
        yield _missing(sorted(found, key=lambda f: f[0].kind in DERIVED), wanted, near)


def named(one: Custom) -> Iterator[tuple[str, ObjectRef]]:
    """Each field that names another resource, with what it names."""
    spec = one.spec if isinstance(one.spec, dict) else {}
    chart = spec.get("chart")
    nested = chart.get("spec") if isinstance(chart, dict) else None
    for tree in (spec, nested if isinstance(nested, dict) else {}):
        for field, usual in FIELDS.items():
            value: Any = tree.get(field)
            if isinstance(value, dict) and value.get("name"):
                kind = str(value.get("kind") or usual)
                home = str(value.get("namespace") or one.namespace)
                place = "" if kind.startswith("Cluster") else home
                if kind:
                    yield field, ObjectRef(kind, place, str(value["name"]))


def _reports_absence(one: Custom, name: str) -> bool:
    said = [c.message for c in one.status.conditions if c.status == "False"]
    return any(name in text and "not found" in text.lower() for text in said)


def _missing(found: list[tuple[Custom, str]], wanted: ObjectRef, known: list[str]) -> Finding:
    one = found[0][0]
    near = get_close_matches(wanted.name, known, 1)
    hint = f"; the nearest name is {near[0]}" if near else ""
    where = f" in namespace {wanted.namespace}" if wanted.namespace else ""
    return finding(
        "CUSTOM_REFERENCE_MISSING",
        one,
        f"{one.kind} {one.name} names {wanted.kind} {wanted.name}, which does not exist{where}"
        f"{hint}",
        [seen(other, f"spec.{path}.name", wanted.name) for other, path in found],
        detail=f"{wanted.kind}/{wanted.name}",
        related=[ObjectRef.of(other) for other, _ in found],
        since=one.metadata.creation_timestamp,
    )
