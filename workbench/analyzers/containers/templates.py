"""References of pods and workloads that nobody has spoken about yet, compared with what exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.containers.references import absent, no_key
from workbench.analyzers.containers.uses import Use, keys, uses
from workbench.analyzers.history import events
from workbench.analyzers.presence import looked_at, missing, unlisted
from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import is_over, parts, troubled
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import (
    DaemonSet,
    Deployment,
    Job,
    KubeObject,
    PersistentVolumeClaim,
    Pod,
    PodSpec,
    PriorityClass,
    RuntimeClass,
    Secret,
    ServiceAccount,
    StatefulSet,
)

Owner = Deployment | StatefulSet | DaemonSet | Job


def unspoken(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """References of pods that nothing has been said about yet, compared with what exists."""
    for pod in troubled(snapshot, now):
        if is_over(pod) or pod.metadata.deletion_timestamp or _was_created(pod):
            continue
        if not events(snapshot, pod, "FailedMount", "Failed"):
            yield from _static(snapshot, pod, pod.spec, ObjectRef.of(pod))


def _was_created(pod: Pod) -> bool:
    return any(
        part.status.state.running
        or part.status.state.terminated
        or part.status.restart_count
        or part.waiting not in ("ContainerCreating", "PodInitializing", "")
        for part in parts(pod)
    )


def templates(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """References of workloads that want pods and have none, compared with what exists."""
    kinds: tuple[type[Owner], ...] = (Deployment, StatefulSet, DaemonSet, Job)
    for kind in kinds:
        for owner in snapshot.all(kind):
            if not _healthy(owner) and not _has_pods(snapshot, owner):
                yield from _static(snapshot, owner, owner.spec.template.spec, ObjectRef.of(owner))
    for daemon_set in snapshot.all(DaemonSet):
        for secret in daemon_set.spec.template.spec.image_pull_secrets:
            if missing(snapshot, Secret, daemon_set.namespace, secret.name) or (
                unlisted(snapshot, Secret, daemon_set.namespace, secret.name)
                and Pod.KIND not in snapshot.objects
            ):
                yield _no_pull_secret(daemon_set, secret.name)


def _no_pull_secret(owner: KubeObject, name: str) -> Finding:
    return finding(
        "IMAGE_PULL_SECRET_MISSING",
        owner,
        f"imagePullSecret {name} of {owner.kind} {owner.name} does not exist in namespace "
        f"{owner.namespace}",
        [seen(owner, "spec.template.spec.imagePullSecrets", name)],
        detail=name,
        related=[ObjectRef("Secret", owner.namespace, name)],
        missing=name,
    )


def _healthy(owner: Owner) -> bool:
    if isinstance(owner, Job):
        return bool(owner.status.succeeded or owner.spec.suspend or owner.status.failed)
    if isinstance(owner, DaemonSet):
        status = owner.status
        return status.number_ready >= status.desired_number_scheduled
    ready = max(owner.status.ready_replicas, owner.status.available_replicas)
    return ready >= owner.spec.replicas


def _has_pods(snapshot: ClusterSnapshot, owner: KubeObject) -> bool:
    if not looked_at(snapshot, Pod):
        return True
    below = snapshot.owned_by(owner)
    return any(
        isinstance(obj, Pod) or any(isinstance(pod, Pod) for pod in snapshot.owned_by(obj))
        for obj in below
    )


def _static(
    snapshot: ClusterSnapshot, owner: KubeObject, spec: PodSpec, subject: ObjectRef
) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for use in uses(spec):
        key = (use.kind.KIND, use.name)
        if use.optional or key in told or use.name == "kube-root-ca.crt":
            continue
        if missing(snapshot, use.kind, owner.namespace, use.name):
            told.add(key)
            yield absent(
                snapshot, subject, use.kind, owner.namespace, use.name,
                [seen(subject, use.where, use.name)],
                f"{owner.kind} {owner.name} ({use.where})", owner.metadata.creation_timestamp,
            )  # fmt: skip
        elif isinstance(owner, Pod) and _lacks_key(snapshot, use, owner):
            at = [seen(subject, use.where, use.key)]
            yield no_key(snapshot, owner, None, use.kind.KIND, use.name, use.key, at)
    yield from _static_others(snapshot, owner, spec, subject)


def _lacks_key(snapshot: ClusterSnapshot, use: Use, owner: KubeObject) -> bool:
    holder = snapshot.find(ObjectRef(use.kind.KIND, owner.namespace, use.name))
    held = keys(holder) if holder else ()
    return bool(use.key and held) and use.key not in held


def _static_others(
    snapshot: ClusterSnapshot, owner: KubeObject, spec: PodSpec, subject: ObjectRef
) -> Iterator[Finding]:
    for volume in spec.volumes:
        claim = volume.persistent_volume_claim
        if claim and missing(snapshot, PersistentVolumeClaim, owner.namespace, claim.claim_name):
            yield absent(
                snapshot, subject, PersistentVolumeClaim, owner.namespace, claim.claim_name,
                [seen(subject, f"spec.volumes[{volume.name}]", claim.claim_name)],
                f"{owner.kind} {owner.name}", owner.metadata.creation_timestamp,
            )  # fmt: skip
    account = spec.service_account_name
    if not isinstance(owner, Pod) and missing(snapshot, ServiceAccount, owner.namespace, account):
        yield absent(
            snapshot, subject, ServiceAccount, owner.namespace, account,
            [seen(subject, "spec.template.spec.serviceAccountName", account)],
            f"{owner.kind} {owner.name}", owner.metadata.creation_timestamp,
        )  # fmt: skip
    for kind, name, code in (
        (PriorityClass, spec.priority_class_name, "PRIORITY_CLASS_MISSING"),
        (RuntimeClass, spec.runtime_class_name, "RUNTIME_CLASS_MISSING"),
    ):
        built_in = name.startswith("system-")
        if name and not built_in and missing(snapshot, kind, "", name):
            yield finding(
                code,
                subject,
                f"{kind.KIND} {name} does not exist, but {owner.kind} {owner.name} names it",
                [seen(subject, f"spec.{kind.KIND[0].lower()}{kind.KIND[1:]}Name", name)],
                detail=name,
                related=[ObjectRef(kind.KIND, "", name)],
            )
