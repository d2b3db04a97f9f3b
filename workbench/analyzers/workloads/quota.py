"""Pods that the API server refuses to create: quota, limits, policies, webhooks, accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from workbench.analyzers.history import events, recent
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import error_text
from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import (
    Condition,
    DaemonSet,
    Deployment,
    Event,
    Job,
    MutatingWebhookConfiguration,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    ValidatingWebhookConfiguration,
)

REFUSED_SECONDS = 3600
"""Controllers retry with back-off of at most some minutes; an older refusal is over."""

# API server admission wordings
_QUOTA = re.compile(r"exceeded quota: (?P<quota>[\w.-]+)(?:, requested: (?P<asked>.*?), used: (?P<used>.*?), limited: (?P<hard>.*))?$", re.S)  # fmt: skip
_QUOTA_NEEDS = re.compile(r"failed quota: (?P<quota>[\w.-]+): must specify (?P<what>.*)", re.S)
_LIMITS = re.compile(r"(?:maximum|minimum) \S+ usage per (?:Container|Pod)|memory max limit to request ratio|must be less than or equal to \S+ limit", re.I)  # fmt: skip
_POD_SECURITY = re.compile(r"violates PodSecurity \"([^\"]+)\"")
_WEBHOOK_DOWN = re.compile(r"failed calling webhook \"([^\"]+)\"")
_WEBHOOK_NO = re.compile(r"admission webhook \"([^\"]+)\" denied the request|ValidatingAdmissionPolicy '([^']+)'")  # fmt: skip
_ACCOUNT = re.compile(r"serviceaccount \"([^\"]+)\" not found|error looking up service account ([\w.-]+)/([\w.-]+):")  # fmt: skip
_CLASS = re.compile(r"no PriorityClass with name (\S+) was found")
_RUNTIME = re.compile(r"(?:RuntimeClass|runtimeclass\S*) \"([^\"]+)\" not found", re.I)

Maker = Deployment | ReplicaSet | StatefulSet | DaemonSet | Job | ReplicationController

MAKERS: tuple[type[Maker], ...] = (
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    ReplicationController,
    Deployment,
)
"""Controllers that create pods and report FailedCreate, and the Deployment that repeats it."""


def refusals(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Controllers whose pods are refused now."""
    for kind in MAKERS:
        for maker in snapshot.all(kind):
            if maker.metadata.deletion_timestamp or _repeats(snapshot, maker):
                continue
            reports = [
                c
                for c in maker.status.conditions
                if c.type == "ReplicaFailure" and c.status == "True"
            ]
            told = events(snapshot, maker, "FailedCreate") if _short_of_pods(maker) else ()
            if told and not recent(now, told[-1].last_seen, REFUSED_SECONDS):
                told = ()
            if reports or told:
                text = reports[0].message if reports else ""
                yield _refused(snapshot, maker, text, reports, told)


def _repeats(snapshot: ClusterSnapshot, maker: Maker) -> bool:
    """A Deployment whose ReplicaSets are known says nothing that they do not say."""
    return isinstance(maker, Deployment) and bool(snapshot.owned_by(maker))


def _short_of_pods(maker: Maker) -> bool:
    """Whether the controller still has fewer pods than it should."""
    if isinstance(maker, DaemonSet):
        return maker.status.current_number_scheduled < maker.status.desired_number_scheduled
    if isinstance(maker, Job):
        done = maker.status.active or maker.status.succeeded or maker.status.failed
        return not (done or maker.spec.suspend)
    return maker.status.replicas < maker.spec.replicas


def _refused(
    snapshot: ClusterSnapshot,
    maker: Maker,
    text: str,
    reports: list[Condition],
    told: tuple[Event, ...],
) -> Finding:
    owner = workload(snapshot, maker) if isinstance(maker, ReplicaSet) else ObjectRef.of(maker)
    if snapshot.find(owner) is None:
        owner = ObjectRef.of(maker)
    text = text or (told[-1].message if told else "")
    text = text.removeprefix("(combined from similar events): ")
    refusal = classify(snapshot, maker, text)
    evidence: list[Pointer] = [
        seen(maker, "status.conditions[ReplicaFailure]", f"{c.reason}: {c.message}")
        for c in reports
    ]
    evidence += [said(event) for event in told[-1:]]
    report = reports[0] if reports else None
    since = (report.last_transition_time if report else None) or min(
        (e.first_seen for e in told if e.first_seen), default=None
    )
    return finding(
        refusal.code,
        owner,
        f"{maker.kind} {maker.name} fails to create pods (FailedCreate): {refusal.says}",
        evidence or [seen(maker, "status.conditions[ReplicaFailure]", "True")],
        related=[ObjectRef.of(maker), *refusal.related],
        since=since,
        quota=refusal.named("ResourceQuota"),
        missing=refusal.named("ServiceAccount"),
    )


class Refusal(msgspec.Struct, frozen=True):
    """Why the API server refused a pod: the code, words, and the objects it names."""

    code: str
    says: str
    related: tuple[ObjectRef, ...] = ()

    def named(self, kind: str) -> str:
        """The name of the related object of that kind, or ""."""
        return next((ref.name for ref in self.related if ref.kind == kind), "")


def classify(snapshot: ClusterSnapshot, maker: Maker, text: str) -> Refusal:
    """What an API server's refusal to create a pod means."""
    return (
        _by_quota(maker, text)
        or _by_policy(snapshot, text)
        or _by_reference(maker, text)
        or Refusal("PODS_NOT_CREATED", error_text(text, 300) or "the reason is not recorded")
    )


def _by_quota(maker: Maker, text: str) -> Refusal | None:
    if found := _QUOTA.search(text):
        says = f"quota {found['quota']} is used up"
        if found["asked"]:
            says = (
                f"it would exceed quota {found['quota']}: {found['asked']} requested, "
                f"{found['used']} used, {found['hard']} allowed"
            )
    elif found := _QUOTA_NEEDS.search(text):
        what = error_text(found["what"])
        says = f"quota {found['quota']} demands that every container declares {what}"
    else:
        return None
    quota = ObjectRef("ResourceQuota", maker.namespace, found["quota"])
    return Refusal("QUOTA_EXCEEDED", says, (quota,))


def _by_policy(snapshot: ClusterSnapshot, text: str) -> Refusal | None:
    if _LIMITS.search(text):
        return Refusal("LIMIT_RANGE_VIOLATED", _after_forbidden(text))
    if _POD_SECURITY.search(text):
        return Refusal("POD_SECURITY_VIOLATED", _after_forbidden(text))
    if found := _WEBHOOK_DOWN.search(text):
        related = tuple(_webhooks(snapshot, found[1]))
        return Refusal("WEBHOOK_CALL_FAILED", error_text(text, 300), related)
    if _WEBHOOK_NO.search(text):
        return Refusal("ADMISSION_DENIED", error_text(text, 300))
    return None


def _by_reference(maker: Maker, text: str) -> Refusal | None:
    if found := _ACCOUNT.search(text):
        name = found[3] or found[1].rsplit("/", 1)[-1]
        account = ObjectRef("ServiceAccount", maker.namespace, name)
        says = f"ServiceAccount {name} does not exist in namespace {maker.namespace}"
        return Refusal("SERVICE_ACCOUNT_MISSING", says, (account,))
    for pattern, kind, code in (
        (_CLASS, "PriorityClass", "PRIORITY_CLASS_MISSING"),
        (_RUNTIME, "RuntimeClass", "RUNTIME_CLASS_MISSING"),
    ):
        if found := pattern.search(text):
            ref = ObjectRef(kind, "", found[1])
            return Refusal(code, f"{kind} {found[1]} does not exist", (ref,))
    return None


def _after_forbidden(text: str) -> str:
    return error_text(text.split("is forbidden: ", 1)[-1], 300)


def _webhooks(snapshot: ClusterSnapshot, name: str) -> Iterator[ObjectRef]:
    kinds: tuple[type[ValidatingWebhookConfiguration | MutatingWebhookConfiguration], ...] = (
        ValidatingWebhookConfiguration,
        MutatingWebhookConfiguration,
    )
    for kind in kinds:
        for configuration in snapshot.all(kind):
            for webhook in configuration.webhooks:
                if webhook.name == name:
                    yield ObjectRef.of(configuration)
                    if service := webhook.client_config.service:
                        yield ObjectRef("Service", service.namespace, service.name)
