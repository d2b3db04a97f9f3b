"""Which pods a Service selects."""

from __future__ import annotations

from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Pod, Service


def selected_pods(snapshot: ClusterSnapshot, service: Service) -> tuple[Pod, ...]:
    """The pods a Service selects, ended ones included."""
    wanted = service.spec.selector
    if not wanted:
        return ()
    key = next(iter(wanted))
    found = _by_label(snapshot, key).get((service.namespace, wanted[key]), ())
    return tuple(p for p in found if wanted.items() <= p.metadata.labels.items())


def _by_label(snapshot: ClusterSnapshot, key: str) -> dict[tuple[str, str], list[Pod]]:
    """Pods by namespace and value of one label; made once for each label that is asked for."""
    memo = ("pods by label", key)
    if memo not in snapshot.memo:
        index: dict[tuple[str, str], list[Pod]] = {}
        for pod in snapshot.all(Pod):
            meta = pod.metadata
            if (value := meta.labels.get(key)) is not None:
                index.setdefault((meta.namespace, value), []).append(pod)
        snapshot.memo[memo] = index
    found: dict[tuple[str, str], list[Pod]] = snapshot.memo[memo]
    return found
