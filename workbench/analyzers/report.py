"""Making findings: the catalogue's words around one observed fact."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache

from workbench.analyzers.catalogue import entry as catalogued
from workbench.analyzers.wording import sentence
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Event, KubeObject

_KUBERNETES = 2014
"""Its first year. CRDs of Gateway API default a condition's transition time to the epoch."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def finding(
    code: str,
    subject: KubeObject | ObjectRef,
    message: str,
    evidence: Iterable[Pointer],
    *,
    severity: Severity | None = None,
    detail: str = "",
    related: Iterable[ObjectRef] = (),
    since: datetime | None = None,
    **names: str,
) -> Finding:
    """A finding with the catalogue's title, severity and next steps.

    names: values for the placeholders of the next steps beyond the subject's own (``container``,
        ``pod``, ``secret`` …); a step with a placeholder nobody filled is left out.
    """
    entry = catalogued(code)
    ref = subject if isinstance(subject, ObjectRef) else ObjectRef.of(subject)
    known = {"name": ref.name, "kind": ref.kind.lower(), "namespace": ref.namespace or "default"}
    if ref.kind == "Pod":
        known["pod"] = ref.name
    known |= {k: v for k, v in names.items() if v}
    return Finding(
        code=code,
        subject=ref,
        severity=entry.severity if severity is None else severity,
        title=entry.title,
        message=sentence(message, most=1000) + ".",
        evidence=tuple(evidence),
        next_steps=tuple(_steps(entry.next_steps, known)),
        detail=detail,
        related=tuple(dict.fromkeys(r for r in related if r != ref)),
        since=since if since is None or since.year >= _KUBERNETES else None,
    )


def seen(obj: KubeObject | ObjectRef, path: str, value: object) -> Pointer:
    """Where in an object something stands."""
    ref = obj if isinstance(obj, ObjectRef) else ObjectRef.of(obj)
    return Pointer(str(ref), path, sentence(str(value), most=600))


def said(event: Event) -> Pointer:
    """What an event says."""
    it = event.involved_object
    times = f" (seen {event.times} times)" if event.times > 1 else ""
    ref = ObjectRef(it.kind, it.namespace, it.name)
    return Pointer(str(ref), f"event {event.reason}", sentence(event.message, most=600) + times)


def _steps(templates: Iterable[str], known: dict[str, str]) -> Iterable[str]:
    for template in templates:
        pieces = _pieces(template)
        if all(name in known for name in pieces[1::2]):
            yield "".join(known[p] if n % 2 else p for n, p in enumerate(pieces))


@cache
def _pieces(template: str) -> list[str]:
    """Text and placeholder names in turn."""
    return _PLACEHOLDER.split(template)
