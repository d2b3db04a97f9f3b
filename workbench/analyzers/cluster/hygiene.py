"""Things that are worth tidying up and break nothing. Never above INFO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.containers.uses import uses
from workbench.analyzers.history import once
from workbench.analyzers.presence import looked_at
from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import (
    ClusterRole,
    ClusterRoleBinding,
    ConfigMap,
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    PersistentVolumeClaim,
    Pod,
    PodSpec,
    Role,
    RoleBinding,
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
    for pod in samples(snapshot):
        yield pod.namespace, pod.spec


@once
def samples(snapshot: ClusterSnapshot) -> tuple[Pod, ...]:
    """The first pod of each owner, and pods without one."""
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
    for pod in samples(snapshot):
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


Binding = RoleBinding | ClusterRoleBinding


def _bindings(snapshot: ClusterSnapshot) -> Iterator[Binding]:
    """Bindings that people made; the system's own are named so."""
    kinds: tuple[type[Binding], ...] = (RoleBinding, ClusterRoleBinding)
    for kind in kinds:
        for one in snapshot.all(kind):
            own = one.namespace in SYSTEM_NAMESPACES or one.name.startswith("system:")
            if not own and "kubernetes.io/bootstrapping" not in one.labels:
                yield one


def wildcards(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Bindings of roles that allow every verb or every resource."""
    for one in _bindings(snapshot):
        kind: type[Role | ClusterRole] = Role if one.role_ref.kind == Role.KIND else ClusterRole
        role = snapshot.get(kind, one.namespace, one.role_ref.name)
        for rule in role.rules if role else ():
            if "*" in rule.verbs or "*" in rule.resources:
                what = f"{', '.join(rule.verbs)} on {', '.join(rule.resources) or 'URLs'}"
                yield finding(
                    "RBAC_WILDCARD",
                    one,
                    f"{one.kind} {one.name} grants {one.role_ref.kind} {one.role_ref.name}, which "
                    f"contains wildcard permissions ({what})",
                    [seen(ObjectRef.of(role or one), "rules[]", what)],
                    related=[ObjectRef(one.role_ref.kind, one.namespace, one.role_ref.name)],
                )
                break


def default_accounts(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Permissions of a default ServiceAccount: every pod that names no other one has them."""
    for one in _bindings(snapshot):
        for subject in one.subjects:
            if subject.kind == "ServiceAccount" and subject.name == "default":
                home = subject.namespace or one.namespace
                yield finding(
                    "DEFAULT_ACCOUNT_BOUND",
                    ObjectRef("ServiceAccount", home, "default"),
                    f"{one.kind} {one.name} gives the default ServiceAccount of {home} "
                    f"{one.role_ref.kind} {one.role_ref.name}, and with it every pod that names no "
                    "other account",
                    [seen(one, "subjects[]", f"ServiceAccount {home}/default")],
                    detail=one.name,
                    related=[ObjectRef.of(one)],
                )


def classless(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Claims that are not bound and leave the StorageClass to a default that may change."""
    for claim in snapshot.all(PersistentVolumeClaim):
        if claim.spec.storage_class_name is None and not claim.spec.volume_name:
            yield finding(
                "CLAIM_WITHOUT_CLASS",
                claim,
                f"PersistentVolumeClaim {claim.name} has no StorageClass and is not bound yet; "
                "what it gets depends on the default at that time",
                [seen(claim, "spec.storageClassName", "not set")],
            )
