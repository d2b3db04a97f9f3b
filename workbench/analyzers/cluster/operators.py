"""The Operator Lifecycle Manager's own kinds, as far as their conditions do not tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.report import finding, seen
from workbench.core.cluster import ClusterSnapshot
from workbench.core.findings import Finding
from workbench.core.objects import Custom

CATALOG_SOURCE = "CatalogSource"

UPGRADE_POLICIES = ("CatalogProvided", "SelfCertified")
"""``spec.source.catalog.upgradeConstraintPolicy`` of a ClusterExtension (OLM v1 API)."""


def operators(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Catalogues that are not reached, and extensions with a policy that OLM does not know."""
    for one in snapshot.customs():
        if one.kind == CATALOG_SOURCE:
            yield from _catalog_source(one)
        elif one.kind == "ClusterExtension":
            yield from _upgrade_policy(one)


def _catalog_source(one: Custom) -> Iterator[Finding]:
    connection = one.status.connection_state
    if not isinstance(connection, dict):
        return
    state = str(connection.get("lastObservedState") or "")
    if state in ("", "READY", "IDLE", "CONNECTING"):
        return
    address = connection.get("address", "")
    yield finding(
        "CATALOG_SOURCE_UNHEALTHY",
        one,
        f"CatalogSource {one.name}: the connection to {address or 'its server'} is in state "
        f"{state}",
        [seen(one, "status.connectionState.lastObservedState", state)],
    )


def _upgrade_policy(one: Custom) -> Iterator[Finding]:
    tree = one.spec
    for key in ("source", "catalog", "upgradeConstraintPolicy"):
        tree = tree.get(key) if isinstance(tree, dict) else None
    if isinstance(tree, str) and tree and tree not in UPGRADE_POLICIES:
        yield finding(
            "UPGRADE_POLICY_UNKNOWN",
            one,
            f"ClusterExtension {one.name}: upgradeConstraintPolicy {tree} is none of "
            f"{', '.join(UPGRADE_POLICIES)}",
            [seen(one, "spec.source.catalog.upgradeConstraintPolicy", tree)],
        )


def operator_groups(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Namespaces with more than one OperatorGroup."""
    groups: dict[str, list[Custom]] = defaultdict(list)
    for one in snapshot.customs():
        if one.kind == "OperatorGroup":
            groups[one.namespace].append(one)
    for namespace, found in groups.items():
        if len(found) < 2:
            continue
        names = ", ".join(sorted(g.name for g in found))
        for one in found:
            yield finding(
                "OPERATOR_GROUP_CONFLICT",
                one,
                f"Namespace {namespace} has {len(found)} OperatorGroups ({names}); OLM installs "
                f"nothing while there are multiple",
                [seen(one, "metadata.namespace", namespace)],
            )
