"""Feature flags that make programs fail on purpose, as demo shops switch faults on.

flagd reads its flags from a ConfigMap (flagd reference, flag definitions): each has variants and
the name of the one that holds by default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from workbench.analyzers.ranking.changes import changed_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import ConfigMap, DaemonSet, Deployment, StatefulSet

DOCUMENT_MOST = 1_000_000
"""Longest document that is read as flags, in characters: a ConfigMap holds no more."""

_FAULT = re.compile(
    r"fail|fault|error|chaos|slow|delay|latency|leak|flood|crash|overload|unreachable|highcpu"
    r"|manualgc|problem|broken|timeout|degrad|unavailab|outage|reject|corrupt|stall|hang|abort",
    re.IGNORECASE,
)
_OFF = frozenset({"", "off", "false", "no", "none", "disabled", "0"})


def flags(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Flags named after a fault whose default variant switches it on."""
    for holder in snapshot.all(ConfigMap):
        for key, text in holder.data.items():
            if '"defaultVariant"' in text and len(text) <= DOCUMENT_MOST:
                on = list(_switched_on(text))
                if on:
                    yield _on(snapshot, holder, key, on)


def _switched_on(text: str) -> Iterator[tuple[str, str]]:
    """Names of the fault flags that are on, each with its variant."""
    try:
        known = json.loads(text).get("flags")
    except (ValueError, AttributeError, RecursionError):
        return
    for name, flag in known.items() if isinstance(known, dict) else ():
        if _FAULT.search(name) and isinstance(flag, dict) and flag.get("state") != "DISABLED":
            variant = str(flag.get("defaultVariant"))
            if _is_on(flag.get("variants"), variant):
                yield name, variant


def _is_on(variants: Any, variant: str) -> bool:
    """The variant by its value; a name that says off is off whatever its value."""
    if variant.lower() in _OFF:
        return False
    value = variants.get(variant) if isinstance(variants, dict) else None
    return bool(value) and str(value).lower() not in _OFF


def _on(
    snapshot: ClusterSnapshot, holder: ConfigMap, key: str, on: list[tuple[str, str]]
) -> Finding:
    said = [f"{name} ({variant})" for name, variant in on]
    hit = [ref for name, _ in on for ref in _meant(snapshot, holder.namespace, name)]
    aims = f" in {listed([str(r) for r in dict.fromkeys(hit)], 4)}" if hit else ""
    return finding(
        "FAULT_FLAG_ON",
        holder,
        f"ConfigMap {holder.name} switches on the feature flag{'s' * (len(on) > 1)} "
        f"{listed(said, 4)}{aims}",
        [seen(holder, f"data[{key}].flags.{name}.defaultVariant", v) for name, v in on],
        related=hit,
        since=changed_at(holder),
    )


def _meant(snapshot: ClusterSnapshot, namespace: str, flag: str) -> Iterator[ObjectRef]:
    """Workloads whose name the flag's begins with: ``product-catalog`` for
    ``productCatalogFailure``."""
    for kind in (Deployment, StatefulSet, DaemonSet):
        for one in snapshot.all(kind, namespace):
            plain = re.sub(r"[^a-z0-9]|service$", "", one.name.lower())
            if plain and re.sub(r"[^a-z0-9]", "", flag.lower()).startswith(plain):
                yield ObjectRef.of(one)
