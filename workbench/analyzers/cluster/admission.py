"""Webhooks and aggregated APIs whose servers are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.presence import looked_at, unlisted
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import error_text, listed
from workbench.analyzers.workload import ready
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import (
    APIService,
    ClusterRole,
    ClusterRoleBinding,
    CustomResourceDefinition,
    MutatingWebhookConfiguration,
    Pod,
    Role,
    RoleBinding,
    Service,
    ValidatingWebhookConfiguration,
    Webhook,
    condition,
)

Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration


def webhooks(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Admission webhooks whose Service is missing or has no running pod."""
    kinds: tuple[type[Configuration], ...] = (
        ValidatingWebhookConfiguration,
        MutatingWebhookConfiguration,
    )
    for kind in kinds:
        for configuration in snapshot.all(kind):
            for webhook in configuration.webhooks:
                yield from _webhook(snapshot, configuration, webhook)


def _serves(pod: Pod) -> bool:
    """Ready, or running in a list that leaves out conditions and container statuses."""
    told = pod.status.container_statuses or condition(pod.status.conditions, "Ready")
    return ready(pod) or (pod.status.phase == "Running" and not told)


def _webhook(
    snapshot: ClusterSnapshot, configuration: Configuration, webhook: Webhook
) -> Iterator[Finding]:
    wanted = webhook.client_config.service
    if wanted is None or not wanted.name:
        return
    ref = ObjectRef("Service", wanted.namespace, wanted.name)
    service = snapshot.get(Service, wanted.namespace, wanted.name)
    ignored = webhook.failure_policy == "Ignore"
    effect = "requests pass unchecked" if ignored else "requests it covers are refused"
    severity = Severity.WARNING if ignored else None
    where = f"webhooks[{webhook.name}].clientConfig.service"
    if service is None:
        if unlisted(snapshot, Service, wanted.namespace, wanted.name) and (
            snapshot.scope.covers(wanted.namespace)
        ):
            yield finding(
                "WEBHOOK_SERVICE_MISSING",
                configuration,
                f"Service {wanted.name} of webhook {webhook.name} was not found in namespace "
                f"{wanted.namespace}; {effect}",
                [seen(configuration, where, f"{wanted.namespace}/{wanted.name}")],
                severity=severity,
                detail=webhook.name,
                related=[ref],
            )
        return
    if not service.spec.selector or not (looked_at(snapshot, Pod) or not snapshot.gaps):
        return
    pods = selected_pods(snapshot, service)
    if any(_serves(pod) for pod in pods):
        return
    if pods:
        why = f"points at inactive pods ({listed([p.name for p in pods], 3)})"
    else:
        why = "finds no active pods"
    yield finding(
        "WEBHOOK_UNAVAILABLE",
        configuration,
        f"Webhook {webhook.name} {why} behind Service {service.name}; {effect}",
        [
            seen(configuration, where, f"{wanted.namespace}/{wanted.name}"),
            seen(
                configuration,
                f"webhooks[{webhook.name}].failurePolicy",
                webhook.failure_policy or "Fail",
            ),
        ],
        severity=severity,
        detail=webhook.name,
        related=[ref, *(ObjectRef.of(p) for p in pods[:5])],
    )


def api_services(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Aggregated APIs that are not available."""
    for one in snapshot.all(APIService):
        report = condition(one.status.conditions, "Available")
        if report and report.status == "False":
            served = one.spec.service
            yield finding(
                "API_SERVICE_UNAVAILABLE",
                one,
                f"The API {one.name} is not available ({report.reason}): "
                f"{error_text(report.message)}",
                [seen(one, "status.conditions[Available]", f"{report.reason}: {report.message}")],
                related=[ObjectRef("Service", served.namespace, served.name)] if served else [],
                since=report.last_transition_time,
            )


def definitions(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Custom resource definitions that the API server does not serve."""
    for one in snapshot.all(CustomResourceDefinition):
        for type_ in ("NamesAccepted", "Established"):
            report = condition(one.status.conditions, type_)
            if report and report.status == "False":
                yield finding(
                    "CRD_NOT_ESTABLISHED",
                    one,
                    f"CustomResourceDefinition {one.name} is not served ({type_} is False, "
                    f"{report.reason}): {error_text(report.message)}",
                    [seen(one, f"status.conditions[{type_}]", report.message)],
                    since=report.last_transition_time,
                )
                break


def bindings(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Role bindings whose role does not exist."""
    kinds: tuple[type[RoleBinding | ClusterRoleBinding], ...] = (RoleBinding, ClusterRoleBinding)
    for kind in kinds:
        for one in snapshot.all(kind):
            role = one.role_ref
            wanted = Role if role.kind == "Role" else ClusterRole
            if looked_at(snapshot, wanted) and unlisted(
                snapshot, wanted, one.namespace if wanted is Role else "", role.name
            ):
                yield finding(
                    "ROLE_MISSING",
                    one,
                    f"{one.kind} {one.name} grants {role.kind} {role.name}, which does not exist",
                    [seen(one, "roleRef", f"{role.kind}/{role.name}")],
                    related=[
                        ObjectRef(role.kind, one.namespace if wanted is Role else "", role.name)
                    ],
                )
