"""One missing object that several workloads need is one fault: the object is not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from workbench.analyzers.report import finding
from workbench.analyzers.wording import listed
from workbench.core.cluster import ObjectRef
from workbench.core.counted import counted
from workbench.core.findings import Finding

CODES = frozenset(
    {
        "CONFIG_MAP_MISSING", "SECRET_MISSING", "SERVICE_ACCOUNT_MISSING", "CLAIM_MISSING",
        "PRIORITY_CLASS_MISSING", "RUNTIME_CLASS_MISSING", "STORAGE_CLASS_MISSING",
    }
)  # fmt: skip
"""Codes whose detail is the name of the object that does not exist."""

EVIDENCE_MOST = 5


def shared(findings: Sequence[Finding]) -> Iterator[Finding]:
    """A finding about each missing object that more than one object needs."""
    needed: dict[tuple[str, ObjectRef], list[Finding]] = defaultdict(list)
    for one in findings:
        if one.code == "STORAGE_CLASS_MISSING" and one.subject.kind != "PersistentVolumeClaim":
            continue  # a StatefulSet whose claim says the same
        if one.code in CODES and one.subject.kind not in ("ConfigMap", "Secret"):
            for ref in one.related:
                if ref.name == one.detail and ref.kind != one.subject.kind:
                    needed[one.code, ref].append(one)
    for (code, ref), group in needed.items():
        if len({f.subject for f in group}) > 1:
            yield _absent(code, ref, sorted(group, key=lambda f: f.id))


def _absent(code: str, ref: ObjectRef, group: list[Finding]) -> Finding:
    who = list(dict.fromkeys(f.subject for f in group))
    where = f" in namespace {ref.namespace}" if ref.namespace else ""
    hints = (f.message.rstrip(".").partition("; ")[2] for f in group)
    hint = next((h for h in hints if h), "")
    starts = [f.since for f in group if f.since]
    return finding(
        code,
        ref,
        f"{ref.kind} {ref.name} does not exist{where}, and {counted(len(who), 'object')} need it: "
        f"{listed([f'{w.kind} {w.name}' for w in who], 4)}" + (f"; {hint}" if hint else ""),
        [f.evidence[0] for f in group[:EVIDENCE_MOST]],
        detail=ref.name,
        related=who,
        since=min(starts, key=lambda t: t.timestamp()) if starts else None,
        missing=ref.name,
    )
