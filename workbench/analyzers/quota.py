"""Pods that the API server refuses to create: quota, limits, policies, webhooks, accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import events, recent
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import sentence
from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import (
    Condition,
    DaemonSet,
    Event,
    Job,
    KubeObject,
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

Maker = ReplicaSet | StatefulSet | DaemonSet | Job | ReplicationController

MAKERS: tuple[type[Maker], ...] = (
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    ReplicationController,
)
"""Controllers that create pods and report FailedCreate."""


def refusals(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Controllers whose pods are refused now."""
    for kind in MAKERS:
        for maker in snapshot.all(kind):
            if maker.metadata.deletion_timestamp:
                continue
            reports = [
                c
                for c in maker.status.conditions
                if c.type == "ReplicaFailure" and c.status == "True"
            ]
            told = events(snapshot, maker, "FailedCreate")
            event = told[-1] if told and _still(now, maker, told[-1]) else None
            if reports or event:
                text = reports[0].message if reports else ""
                yield _refused(snapshot, maker, text, reports, told if event else ())


def _still(now: datetime, maker: Maker, event: Event) -> bool:
    """Whether the controller is still short of pods and said so lately."""
    if not recent(now, event.last_seen, REFUSED_SECONDS):
        return False
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
    code, says, related, names = classify(snapshot, maker, text)
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
        code,
        owner,
        f"{maker.kind} {maker.name} fails to create pods (FailedCreate): {says}",
        evidence or [seen(maker, "status.conditions[ReplicaFailure]", "True")],
        related=[ObjectRef.of(maker), *related],
        since=since,
        **names,
    )


def classify(
    snapshot: ClusterSnapshot, maker: Maker, text: str
) -> tuple[str, str, list[ObjectRef], dict[str, str]]:
    """Code, words, related objects and names for an API server's refusal to create a pod."""
    namespace = maker.namespace
    if found := _QUOTA.search(text):
        says = f"quota {found['quota']} is used up"
        if found["asked"]:
            says = (
                f"it would exceed quota {found['quota']}: {found['asked']} requested, "
                f"{found['used']} used, {found['hard']} allowed"
            )
        quota = ObjectRef("ResourceQuota", namespace, found["quota"])
        return "QUOTA_EXCEEDED", says, [quota], {"quota": found["quota"]}
    if found := _QUOTA_NEEDS.search(text):
        says = f"quota {found['quota']} demands that every container declares {sentence(found['what'])}"
        quota = ObjectRef("ResourceQuota", namespace, found["quota"])
        return "QUOTA_EXCEEDED", says, [quota], {"quota": found["quota"]}
    if _LIMITS.search(text):
        return "LIMIT_RANGE_VIOLATED", _after_forbidden(text), [], {}
    if _POD_SECURITY.search(text):
        return "POD_SECURITY_VIOLATED", _after_forbidden(text), [], {}
    if found := _WEBHOOK_DOWN.search(text):
        related = list(_webhooks(snapshot, found[1]))
        return "WEBHOOK_CALL_FAILED", sentence(text, 300), related, {}
    if found := _WEBHOOK_NO.search(text):
        return "ADMISSION_DENIED", sentence(text, 300), [], {}
    if found := _ACCOUNT.search(text):
        name = found[3] or found[1].rsplit("/", 1)[-1]
        says = f"ServiceAccount {name} does not exist in namespace {namespace}"
        account = ObjectRef("ServiceAccount", namespace, name)
        return "SERVICE_ACCOUNT_MISSING", says, [account], {"missing": name}
    if found := _CLASS.search(text):
        ref = ObjectRef("PriorityClass", "", found[1])
        return "PRIORITY_CLASS_MISSING", f"PriorityClass {found[1]} does not exist", [ref], {}
    if found := _RUNTIME.search(text):
        ref = ObjectRef("RuntimeClass", "", found[1])
        return "RUNTIME_CLASS_MISSING", f"RuntimeClass {found[1]} does not exist", [ref], {}
    return "PODS_NOT_CREATED", sentence(text, 300) or "the reason is not recorded", [], {}


def _after_forbidden(text: str) -> str:
    return sentence(text.split("is forbidden: ", 1)[-1], 300)


def _webhooks(snapshot: ClusterSnapshot, name: str) -> Iterator[ObjectRef]:
    for kind in (ValidatingWebhookConfiguration, MutatingWebhookConfiguration):
        for configuration in snapshot.all(kind):
            for webhook in configuration.webhooks:
                if webhook.name == name:
                    yield ObjectRef.of(configuration)
                    if service := webhook.client_config.service:
                        yield ObjectRef("Service", service.namespace, service.name)
