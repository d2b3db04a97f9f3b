"""Custom resources that say in their status that something failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.cluster.named_customs import named
from workbench.analyzers.cluster.operators import CATALOG_SOURCE
from workbench.analyzers.history import events, recent
from workbench.analyzers.logs.lines import parse
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import error_text
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import Condition, Custom, DaemonSet, Deployment, StatefulSet

GOOD_WHEN_TRUE = frozenset(
    {
        "Ready", "Available", "Healthy", "Synced", "Succeeded", "Established", "Accepted",
        "Reconciled", "Programmed", "ResolvedRefs", "Initialized", "Released", "Deployed",
        "Installed", "Completed", "Valid", "Active", "Resolved", "Serving",
    }
)  # fmt: skip
"""Condition types of the API conventions and of common operators that mean well."""

LOGGED_MOST = 200_000
"""Letters at the end of a log that are searched for the name of a resource."""

SAYS_LITTLE = 160
"""A condition with fewer letters leaves out why, as controllers do that tell it in an event."""

_BAD_TYPE = re.compile(
    r"(?:Unhealthy|Failed|Failure|Error|Degraded|Stalled|Conflict|Invalid|NotReady)$"
    r"|^(?:Failed|Error|Degraded|Stalled)"
)
_BAD_WORD = re.compile(r"fail|error|degraded|unhealthy|lost|crash|invalid|rejected|missing", re.I)
_ON_ITS_WAY = re.compile(
    r"^(?:Progressing|Reconcil|Pending|Creating|InProgress|Waiting|Issuing|DoesNotExist)|Suspended",
    re.IGNORECASE,
)

_CHAIN = ("Certificate", "CertificateRequest", "Order", "Challenge")
_WELL = re.compile(r"valid|ready|running|succeeded|active|completed?|bound|healthy|ok", re.I)
_GAVE_UP = re.compile(r"RetriesExceeded|RetryLimit|BackoffLimit|Stalled")
"""Reasons that say only that it is not tried again; another condition says what failed."""
_TROUBLE = re.compile(
    r"error|fail|invalid|denied|forbidden|unauthorized|not found|unable|cannot|time(?:d )?out"
    r"|refused|does not exist|wrong",
    re.IGNORECASE,
)
_GENERAL = re.compile(r"not working correctly|unable to validate store|is not ready\b")
"""Words of operators (KEDA, External Secrets) that leave out what is wrong."""
_DEPENDENCY = re.compile(r"^dependency '(?:(?P<namespace>[a-z0-9-]+)/)?(?P<name>[a-z0-9.-]+)'")
"""Flux: another one of the same kind."""
_BLAMED = re.compile(
    r"\b(?P<kind>[A-Z][A-Za-z]+) ['\"](?:(?P<namespace>[a-z0-9-]+)/)?"
    r"(?P<name>[a-z0-9][a-z0-9.-]*)['\"]"
)
"""``HelmChart 'apps/web' is not ready``, as Flux and Crossplane say whom they wait for."""

_IN_STEPS = "Rollout"
"""Argo's: its condition Healthy is false until all steps are done, and its phase says the rest."""

_IDLE = "ScalerNotActive"
"""KEDA's condition Active is false while there is nothing to scale for."""

FRESH_SECONDS = 120
"""A condition that turned false this recently may just be on its way."""


def customs(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Objects of other kinds whose phase, state or conditions report a failure."""
    for one in snapshot.customs():
        if one.kind == CATALOG_SOURCE:
            continue  # what it reports is its connection
        bad = [c for c in one.status.conditions if _is_bad(c, now) and not _as_meant(one, c)]
        word = _word(one)
        why = _reason(one, word)
        if bad or why or (word and _BAD_WORD.search(word)):
            yield _failed(snapshot, one, word, bad, why)
        else:
            yield from _retrying(one)


def _is_bad(report: Condition, now: datetime) -> bool:
    if _BAD_TYPE.search(report.type):
        return report.status == "True" or (not report.status and _settled(report, now))
    if not report.type:
        return bool(_BAD_WORD.search(report.reason)) and report.status != "True"
    if report.type not in GOOD_WHEN_TRUE or report.status != "False":
        return False
    changed = report.last_transition_time
    fresh = changed is not None and recent(now, changed, FRESH_SECONDS)
    return not (fresh and not _BAD_WORD.search(report.reason)) and not (
        report.reason == "Suspended" or (_ON_ITS_WAY.search(report.reason) and fresh)
    )


def _as_meant(one: Custom, report: Condition) -> bool:
    """A condition that is false while everything goes as it should."""
    if report.type == "Healthy" and one.kind == _IN_STEPS:
        return _word(one) in ("Paused", "Progressing")
    return report.reason == _IDLE


def _settled(report: Condition, now: datetime) -> bool:
    """Argo CD lists only conditions that hold and gives them no status."""
    changed = report.last_transition_time
    return bool(report.message) and not (changed and recent(now, changed, FRESH_SECONDS))


def _word(one: Custom) -> str:
    """The state word of kinds that have one: status.phase, .state or .health.status."""
    health = one.status.health
    if isinstance(health, dict):
        health = health.get("status")
    for value in (one.status.phase, one.status.state, health):
        if isinstance(value, str) and value:
            return value
    return ""


def _reason(one: Custom, word: str) -> str:
    """Why it is not further, of kinds that say so in status.reason: an ACME Order or Challenge."""
    why = one.status.reason
    if not isinstance(why, str) or one.status.conditions or _WELL.fullmatch(word):
        return ""
    return error_text(why, 200) if _TROUBLE.search(why) else ""


def _failed(
    snapshot: ClusterSnapshot, one: Custom, word: str, bad: list[Condition], why: str
) -> Finding:
    bad = sorted(bad, key=lambda c: bool(_GAVE_UP.search(c.reason)))
    reports = bad or [c for c in one.status.conditions if c.reason or c.message][-1:]
    told = why or "; ".join(_told(c) for c in reports[:3])
    if warned := _latest_warning(snapshot, one, told):
        vague = _TROUBLE.search(warned) and not any(_TROUBLE.search(c.message) for c in reports)
        told = f"{warned}; {told}" if vague else f"{told}; its controller warns: {warned}"
    state = f"is {word}" if word else "is not well"
    evidence = [seen(one, f"status.conditions[{c.type}]", _told(c)) for c in reports]
    if word:
        evidence.append(seen(one, "status.phase", word))
    if why:
        evidence.append(seen(one, "status.reason", why))
    return finding(
        "RESOURCE_NOT_READY",
        one,
        f"{one.kind} {one.name} {state}" + (f": {told}" if told else ""),
        evidence,
        related=[
            *_delivers(snapshot, one),
            *_leans_on(one, reports),
            *_made_for(snapshot, one),
        ],
        since=reports[0].last_transition_time if reports else None,
    )


def _leans_on(one: Custom, reports: list[Condition]) -> Iterator[ObjectRef]:
    """Resources that it names in its spec or blames in its status: a HelmRelease its chart."""
    yield from (ref for _, ref in named(one))
    for report in reports:
        for found in _BLAMED.finditer(report.message):
            yield ObjectRef(found["kind"], found["namespace"] or one.namespace, found["name"])
        if other := _DEPENDENCY.match(report.message):
            yield ObjectRef(one.kind, other["namespace"] or one.namespace, other["name"])


def _made_for(snapshot: ClusterSnapshot, one: Custom) -> Iterator[ObjectRef]:
    """What cert-manager made on behalf of a Certificate, CertificateRequest or Order, whose name
    begins with its own: the Challenge that fails is the reason for all before it."""
    later = _CHAIN[_CHAIN.index(one.kind) + 1 :] if one.kind in _CHAIN else ()
    for other in snapshot.customs():
        near = other.kind in later and other.namespace == one.namespace
        if near and other.name.startswith(f"{one.name}-"):
            yield ObjectRef.of(other)


def _delivers(snapshot: ClusterSnapshot, one: Custom) -> Iterator[ObjectRef]:
    """Workloads that an Argo CD Application or a HelmRelease keeps, by the label of its name."""
    if one.kind not in ("Application", "HelmRelease"):
        return
    spec = one.spec if isinstance(one.spec, dict) else {}
    target = spec.get("destination")
    place = target.get("namespace") if isinstance(target, dict) else spec.get("targetNamespace")
    home = str(place or one.namespace)
    for kind in (Deployment, StatefulSet, DaemonSet):
        for made in snapshot.all(kind, home):
            if one.name in (made.name, made.labels.get("app.kubernetes.io/instance")):
                yield ObjectRef.of(made)


def _latest_warning(snapshot: ClusterSnapshot, one: Custom, told: str) -> str:
    """What its controller warns of, in an event or its log, where the condition says less."""
    if len(told) > SAYS_LITTLE and not _GENERAL.search(told):
        return ""
    warned = [e for e in events(snapshot, one) if e.type == "Warning" and e.message not in told]
    said = warned[-1].message if warned else _logged(snapshot, one)
    return error_text(said, 200) if said and said not in told else ""


def _logged(snapshot: ClusterSnapshot, one: Custom) -> str:
    """The last error of another namespace's log that names it: its controller's, most likely."""
    name = re.compile(rf"(?<![\w.-]){re.escape(one.name)}(?![\w-]|\.\w)")
    for key, text in snapshot.logs.items():
        if key.namespace == one.namespace or one.name not in text:
            continue
        for found in reversed(text[-LOGGED_MOST:].splitlines()):
            if name.search(found) and (line := parse(found)).level == "error":
                return line.text
    return ""


def _told(report: Condition) -> str:
    head = f"{report.type}={report.status}" if report.type else report.status
    text = " ".join(t for t in (head, f"({report.reason})" if report.reason else "") if t)
    return text + (f": {error_text(report.message)}" if report.message else "")


def _retrying(one: Custom) -> Iterator[Finding]:
    for report in one.status.conditions:
        if report.type == "Progressing" and report.reason == "Retrying":
            yield finding(
                "RESOURCE_NOT_READY",
                one,
                f"{one.kind} {one.name} keeps retrying: {_told(report)}",
                [seen(one, "status.conditions[Progressing]", _told(report))],
                severity=Severity.INFO,
            )
            return
