"""Services whose pods network policies let nobody reach at all.

A namespace is often closed by a policy for all pods and opened by others; a policy that picks out
the pods behind one Service and admits nothing leaves a Service that cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.networking.reach import applying
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import is_over, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import NetworkPolicy, Service


def isolated(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Policies that pick out the pods of Services and admit nobody, nor does any other policy."""
    if not snapshot.objects.get(NetworkPolicy.KIND):
        return
    shut: dict[ObjectRef, list[ObjectRef]] = {}
    for service in snapshot.all(Service):
        policy = _shutting(snapshot, service)
        if policy:
            shut.setdefault(ObjectRef.of(policy), []).append(ObjectRef.of(service))
    for ref, services in shut.items():
        policy = snapshot.get(NetworkPolicy, ref.namespace, ref.name)
        if policy is None:
            continue
        yield finding(
            "SERVICE_ISOLATED",
            policy,
            f"NetworkPolicy {policy.name} lets nobody reach the pods of Service "
            f"{listed([s.name for s in services], 4)}: it selects them and has no ingress rule",
            [seen(policy, "spec.ingress", "no rule")],
            related=[*services, *_workloads(snapshot, services)],
            since=policy.metadata.creation_timestamp,
        )


def _shutting(snapshot: ClusterSnapshot, service: Service) -> NetworkPolicy | None:
    pods = [p for p in selected_pods(snapshot, service) if not is_over(p)]
    if not pods or pods[0].spec.host_network:
        return None
    policies = applying(snapshot, pods[0], outward=False)
    if any(p.spec.ingress for p in policies):
        return None
    return next((p for p in policies if _picks(p)), None)


def _picks(policy: NetworkPolicy) -> bool:
    selector = policy.spec.pod_selector
    return bool(selector.match_labels or selector.match_expressions)


def _workloads(snapshot: ClusterSnapshot, services: list[ObjectRef]) -> list[ObjectRef]:
    found = (snapshot.get(Service, ref.namespace, ref.name) for ref in services)
    return [workload(snapshot, p) for s in found if s for p in selected_pods(snapshot, s)[:1]]
