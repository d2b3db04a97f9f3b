"""Things that are worth tidying up and break nothing. Never above INFO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import once
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.uses import uses
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import (
    ConfigMap,
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    Pod,
    PodSpec,
    StatefulSet,
)

LOADED_BY_LABEL = ("grafana_dashboard", "grafana_datasource", "prometheus_rule", "owner")
"""Labels of ConfigMaps that sidecars and operators read through the API."""

SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})


def config_maps(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """ConfigMaps that no pod uses."""
    if not looked_at(snapshot, Pod) and snapshot.gaps:
        return
    used = _used(snapshot)
    for one in snapshot.all(ConfigMap):
        if one.namespace in SYSTEM_NAMESPACES or (one.namespace, one.name) in used:
            continue
        if one.name == "kube-root-ca.crt" or one.metadata.owner_references:
            continue
        if any(label in one.labels for label in LOADED_BY_LABEL) or one.metadata.annotations.get(
            "control-plane.alpha.kubernetes.io/leader"
        ):
            continue
        empty = "" if one.data or one.binary_data else " and is empty"
        yield finding(
            "CONFIG_MAP_UNUSED",
            one,
            f"ConfigMap {one.name} is not used by any pod{empty}",
            [seen(one, "data", f"{len(one.data)} keys")],
        )


@once
def _used(snapshot: ClusterSnapshot) -> frozenset[tuple[str, str]]:
    return frozenset(
        (namespace, use.name)
        for namespace, spec in _specs(snapshot)
        for use in uses(spec)
        if use.kind is ConfigMap
    )


def _specs(snapshot: ClusterSnapshot) -> Iterator[tuple[str, PodSpec]]:
    """Pod specs and templates; of the pods of one owner only the first."""
    kinds: tuple[type[Deployment | StatefulSet | DaemonSet | Job], ...] = (
        Deployment,
        StatefulSet,
        DaemonSet,
        Job,
    )
    for kind in kinds:
        for one in snapshot.all(kind):
            yield one.namespace, one.spec.template.spec
    for cron in snapshot.all(CronJob):
        yield cron.namespace, cron.spec.job_template.spec.template.spec
    for pod in _samples(snapshot):
        yield pod.namespace, pod.spec


@once
def _samples(snapshot: ClusterSnapshot) -> tuple[Pod, ...]:
    found: dict[tuple[str, str], Pod] = {}
    for pod in snapshot.all(Pod):
        owners = pod.metadata.owner_references
        key = (
            (pod.namespace, owners[0].uid or owners[0].name)
            if owners
            else (pod.namespace, f"pod {pod.name}")
        )
        found.setdefault(key, pod)
    return tuple(found.values())


def privileges(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Privileged containers outside of the system's own namespaces."""
    for pod in _samples(snapshot):
        if pod.namespace in SYSTEM_NAMESPACES:
            continue
        for container in pod.spec.containers:
            if container.security_context and container.security_context.privileged:
                yield finding(
                    "CONTAINER_PRIVILEGED",
                    pod,
                    f"Container {container.name} of {pod.name} is privileged",
                    [
                        seen(
                            pod,
                            f"spec.containers[{container.name}].securityContext.privileged",
                            True,
                        )
                    ],
                    detail=container.name,
                )
