"""Autoscalers without a target, without metrics, or at their limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.presence import looked_at, missing, unlisted
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import error_text
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import (
    BY_KIND,
    APIService,
    Condition,
    Deployment,
    HorizontalPodAutoscaler,
    KubeObject,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    TypedReference,
    condition,
)

METRICS_APIS = {
    "FailedGetResourceMetric": "v1beta1.metrics.k8s.io",
    "FailedGetContainerResourceMetric": "v1beta1.metrics.k8s.io",
    "FailedGetPodsMetric": "v1beta1.custom.metrics.k8s.io",
    "FailedGetObjectMetric": "v1beta1.custom.metrics.k8s.io",
    "FailedGetExternalMetric": "v1beta1.external.metrics.k8s.io",
}
"""Which aggregated API serves the metric that could not be read."""


_NO_REQUEST = re.compile(r"missing request for (?P<resource>\S+) in container (?P<container>\S+)")
"""Resource metrics client of the horizontal pod autoscaler controller."""

SCALABLE = frozenset({Deployment, StatefulSet, ReplicaSet, ReplicationController})
"""Built-in kinds with a scale subresource (Kubernetes API reference)."""

TARGET_FIELDS = {"VerticalPodAutoscaler": "targetRef", "ScaledObject": "scaleTargetRef"}
"""Where other autoscalers name what they scale."""


def autoscalers(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """HorizontalPodAutoscalers that cannot do their work."""
    for hpa in snapshot.all(HorizontalPodAutoscaler):
        target = hpa.spec.scale_target_ref
        ref = ObjectRef(target.kind, hpa.namespace, target.name)
        found = snapshot.find(ref)
        kind = BY_KIND.get(target.kind)
        if not target.name or (kind is not None and kind not in SCALABLE):
            yield _no_scale(hpa, target)
            continue
        active = condition(hpa.status.conditions, "ScalingActive")
        works = active is not None and active.status == "True" and bool(active.reason)
        absent = kind is not None and unlisted(snapshot, kind, hpa.namespace, target.name)
        if found is None and absent and not works:
            yield _no_target(hpa, ref)
        yield from _conditions(snapshot, hpa, ref)
        if found is not None and not (active and active.status == "False"):
            yield from _requests(hpa, found, active)


def _no_scale(hpa: HorizontalPodAutoscaler, target: TypedReference) -> Finding:
    what = f"{target.kind or 'no kind'} {target.name or '(no name)'}"
    return finding(
        "HPA_TARGET_UNSCALABLE",
        hpa,
        f"HorizontalPodAutoscaler {hpa.name} has the unsupported target {what}: only Deployments, "
        "StatefulSets, ReplicaSets and custom resources can be scaled",
        [seen(hpa, "spec.scaleTargetRef", what)],
    )


def other_autoscalers(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """VerticalPodAutoscalers and KEDA ScaledObjects whose target does not exist."""
    for one in snapshot.customs():
        field = TARGET_FIELDS.get(one.kind)
        spec = one.spec if isinstance(one.spec, dict) else {}
        target = spec.get(field) if field else None
        if not isinstance(target, dict) or not isinstance(target.get("name"), str):
            continue
        kind = BY_KIND.get(str(target.get("kind") or "Deployment"))
        name = target["name"]
        if kind and looked_at(snapshot, kind) and missing(snapshot, kind, one.namespace, name):
            yield finding(
                "HPA_TARGET_MISSING",
                one,
                f"{one.kind} {one.name} scales {kind.KIND} {name}, which does not exist in "
                f"namespace {one.namespace}",
                [seen(one, f"spec.{field}", f"{kind.KIND}/{name}")],
                related=[ObjectRef(kind.KIND, one.namespace, name)],
            )


def _no_target(hpa: HorizontalPodAutoscaler, target: ObjectRef) -> Finding:
    return finding(
        "HPA_TARGET_MISSING",
        hpa,
        f"HorizontalPodAutoscaler {hpa.name} scales {target.kind} {target.name}, which does not "
        f"exist in namespace {hpa.namespace}",
        [seen(hpa, "spec.scaleTargetRef", f"{target.kind}/{target.name}")],
        related=[target],
    )


def _conditions(
    snapshot: ClusterSnapshot, hpa: HorizontalPodAutoscaler, target: ObjectRef
) -> Iterator[Finding]:
    able = condition(hpa.status.conditions, "AbleToScale")
    active = condition(hpa.status.conditions, "ScalingActive")
    limited = condition(hpa.status.conditions, "ScalingLimited")
    if able and able.status == "False":
        yield _reported("HPA_UNABLE_TO_SCALE", hpa, able, [target], "cannot scale its target")
    if active and active.status == "False":
        if active.reason == "ScalingDisabled":
            return
        api = METRICS_APIS.get(active.reason, "")
        related = [target, *([ObjectRef(APIService.KIND, "", api)] if api else [])]
        yield _reported("HPA_METRICS_UNAVAILABLE", hpa, active, related, "gets no metrics")
    if limited and limited.status == "True":
        yield from _limited(hpa, target, limited)


def _reported(
    code: str,
    hpa: HorizontalPodAutoscaler,
    report: Condition,
    related: list[ObjectRef],
    says: str,
) -> Finding:
    text = error_text(report.message) or report.reason
    asked = _NO_REQUEST.search(report.message)
    if asked:
        text = f"container {asked['container']} has no {asked['resource']} request; {text}"
    return finding(
        code,
        hpa,
        f"HorizontalPodAutoscaler {hpa.name} {says} ({report.type} is {report.status}"
        f"{', ' + report.reason if report.reason else ''}): {text}",
        [seen(hpa, f"status.conditions[{report.type}]", f"{report.reason}: {report.message}")],
        related=related,
        since=report.last_transition_time,
    )


def _limited(
    hpa: HorizontalPodAutoscaler, target: ObjectRef, report: Condition
) -> Iterator[Finding]:
    at = [seen(hpa, "status.conditions[ScalingLimited]", f"{report.reason}: {report.message}")]
    if report.reason == "TooManyReplicas":
        yield finding(
            "HPA_AT_MAXIMUM",
            hpa,
            f"HorizontalPodAutoscaler {hpa.name} is at its maximum of {hpa.spec.max_replicas} "
            f"replicas (TooManyReplicas) and would scale further",
            [*at, seen(hpa, "spec.maxReplicas", hpa.spec.max_replicas)],
            related=[target],
            since=report.last_transition_time,
        )
    elif report.reason == "TooFewReplicas" or "minimum" in report.message:
        lowest = hpa.spec.min_replicas if hpa.spec.min_replicas is not None else 1
        if hpa.status.current_replicas <= lowest and hpa.status.current_replicas:
            return
        yield finding(
            "HPA_AT_MINIMUM",
            hpa,
            f"HorizontalPodAutoscaler {hpa.name} is held at its minimum of {lowest} replicas",
            at,
            since=report.last_transition_time,
        )


def _requests(
    hpa: HorizontalPodAutoscaler, target: KubeObject, active: Condition | None
) -> Iterator[Finding]:
    """Containers without the request that a utilization target is a percentage of."""
    if hpa.status.current_metrics or (active and active.status == "True"):
        return
    template = getattr(getattr(target, "spec", None), "template", None)
    for resource in sorted(_utilizations(hpa)):
        lacking = [
            c.name
            for c in (template.spec.containers if template else ())
            if resource not in c.resources.requests and resource not in c.resources.limits
        ]
        if lacking:
            yield finding(
                "HPA_REQUESTS_MISSING",
                hpa,
                f"HorizontalPodAutoscaler {hpa.name} scales on {resource} utilization, but "
                f"{target.kind} {target.name} has no {resource} resource request on container "
                f"{', '.join(lacking)}",
                [seen(target, "spec.template.spec.containers[].resources.requests", "not set")],
                detail=resource,
                related=[ObjectRef.of(target)],
                target=f"{target.kind} {target.name}",
            )


def _utilizations(hpa: HorizontalPodAutoscaler) -> set[str]:
    """Resources scaled on by utilization; without metrics the API's default is cpu."""
    if not hpa.spec.metrics:
        return {"cpu"}
    return {
        m.resource.name
        for m in hpa.spec.metrics
        if m.resource and m.resource.target.average_utilization is not None
    }
