"""A store that turns its clients away: what only their logs say, told about the store itself.

Redis counts a refused write and does not log it; a replica answers that it is read-only. Whoever
reads the client's log has to know which store is meant.
"""

from __future__ import annotations

import re

from workbench.analyzers.logs.signatures import Reason
from workbench.analyzers.networking.peers import services_in_env
from workbench.analyzers.networking.selection import selected_pods
from workbench.analyzers.workload import workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import Pod, Service

_ROLE = re.compile(r"-(?:service|svc|server|api|app|worker)$")
_REDIS = r"redis|valkey|keydb|dragonfly"
_TOLD_OF = {
    "cache-full": re.compile(_REDIS),
    "no-save": re.compile(_REDIS),
    "read-only-data": re.compile(rf"{_REDIS}|postgres|mysql|mariadb|percona|mongo"),
}
"""Kinds that clients tell of a store, and what its image or name says of its make."""


def store_meant(
    snapshot: ClusterSnapshot, pod: Pod, reason: Reason
) -> tuple[ObjectRef, Service] | None:
    """The workload and the Service of the store that the pod's log tells of, when the pod is set up
    to call, or named like, just one of that make."""
    make = _TOLD_OF.get(reason.kind)
    if make is None or _is(make, pod):
        return None
    found: dict[ObjectRef, Service] = {}
    for service in _called(snapshot, pod) or _named_alike(snapshot, pod):
        for server in selected_pods(snapshot, service):
            if _is(make, server):
                found.setdefault(workload(snapshot, server), service)
    return next(iter(found.items())) if len(found) == 1 else None


def _called(snapshot: ClusterSnapshot, pod: Pod) -> list[Service]:
    refs = services_in_env(snapshot, pod)
    found = (snapshot.get(Service, ref.namespace, ref.name) for ref in refs)
    return [service for service in found if service]


def _named_alike(snapshot: ClusterSnapshot, pod: Pod) -> list[Service]:
    """``timeline-redis`` for ``timeline-service``, where the address stands in a file."""
    stem = _ROLE.sub("", workload(snapshot, pod).name)
    return [s for s in snapshot.all(Service, pod.namespace) if s.name.startswith(f"{stem}-")]


def _is(make: re.Pattern[str], pod: Pod) -> bool:
    return any(make.search(c.image.rpartition("/")[2]) for c in pod.spec.containers)
