"""What a strict reader would tidy up and nearly every cluster has: told when asked for, as INFO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from workbench.analyzers.cluster.hygiene import SYSTEM_NAMESPACES, samples
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import PersistentVolume, Pod
from workbench.core.quantity import parse_quantity

SMALL_BYTES = 1 << 30
"""Most disks of cloud providers begin at this or more: what asks for less gets it anyway."""


def default_account_used(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pods that run as their namespace's default ServiceAccount, with its token in them."""
    using = [pod for pod in _pods(snapshot) if _runs_as_default(pod)]
    for namespace, pods in groupby(sorted(using, key=_place), key=lambda pod: pod.namespace):
        found = list(pods)
        names = listed([pod.name for pod in found])
        yield finding(
            "DEFAULT_ACCOUNT_USED",
            ObjectRef("ServiceAccount", namespace, "default"),
            f"Pods of {namespace} run as its default ServiceAccount: {names}",
            [seen(found[0], "spec.serviceAccountName", "default")],
            related=[ObjectRef.of(pod) for pod in found],
        )


def security_context_missing(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pods that restrict neither themselves nor any of their containers."""
    for pod in _pods(snapshot):
        own = (pod.spec.security_context, *(c.security_context for c in pod.spec.containers))
        if not any(own):
            yield finding(
                "SECURITY_CONTEXT_MISSING",
                pod,
                f"Pod {pod.name} has no security context, nor has any of its containers",
                [seen(pod, "spec.securityContext", "not set")],
            )


def small_volumes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Volumes under a gibibyte, which fill up soon."""
    for volume in snapshot.all(PersistentVolume):
        size = volume.spec.capacity.get("storage")
        if 0 < (parse_quantity(size) or 0) < SMALL_BYTES:
            yield finding(
                "VOLUME_SMALL",
                volume,
                f"PersistentVolume {volume.name} is small ({size})",
                [seen(volume, "spec.capacity.storage", size)],
            )


def _pods(snapshot: ClusterSnapshot) -> Iterator[Pod]:
    return (pod for pod in samples(snapshot) if pod.namespace not in SYSTEM_NAMESPACES)


def _runs_as_default(pod: Pod) -> bool:
    default = pod.spec.service_account_name in ("", "default")
    return default and pod.spec.automount_service_account_token is not False


def _place(pod: Pod) -> tuple[str, str]:
    return pod.namespace, pod.name
