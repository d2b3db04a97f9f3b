"""Judgement: what a cluster snapshot says is wrong with the cluster, and why.

Every rule is a plain function from snapshot and time to findings; ``ANALYZERS`` lists them all.
Nothing here opens, waits for or changes anything, and no shape of input makes it raise. Rules of
other packages (see ``added``) are judged beside ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from workbench.analyzers.added import judged
from workbench.analyzers.cluster import (
    admission,
    certificates,
    conditions,
    control_plane,
    denials,
    experiments,
    flags,
    hygiene,
    named_customs,
    neighbours,
    nodes,
    operators,
    opinions,
    warnings,
)
from workbench.analyzers.containers import (
    crashes,
    departures,
    disagreeing,
    evictions,
    images,
    inits,
    probes,
    references,
    sandboxes,
    settings,
    stale,
    templates,
    unreported,
    usage,
)
from workbench.analyzers.logs import chatter
from workbench.analyzers.networking import (
    advertised,
    dns,
    external_names,
    gateways,
    ingress,
    isolation,
    meshes,
    mutual_tls,
    policies,
    routes,
    served_names,
    services,
    wiring,
)
from workbench.analyzers.ranking.group import by_workload
from workbench.analyzers.ranking.order import ranked
from workbench.analyzers.ranking.shared import shared
from workbench.analyzers.scheduling import unschedulable
from workbench.analyzers.storage import claims, mounts, sharing, volumes
from workbench.analyzers.workloads import (
    autoscaling,
    cron_jobs,
    disruption,
    endings,
    growth,
    idle,
    jobs,
    migrations,
    quota,
    releases,
    rollouts,
)
from workbench.core.cluster import ClusterSnapshot
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding
from workbench.core.garbage import unsearched
from workbench.core.scoping import narrow

Analyzer = Callable[[ClusterSnapshot, datetime], Iterable[Finding]]

ANALYZERS: tuple[Analyzer, ...] = (
    nodes.nodes,
    nodes.namespaces,
    crashes.crashing,
    departures.gone,
    evictions.displaced,
    sandboxes.hanging,
    images.pulls,
    references.config_errors,
    mounts.mounts,
    templates.unspoken,
    templates.templates,
    settings.unset,
    stale.outdated,
    disagreeing.disagreeing,
    unschedulable.misplaced,
    neighbours.suspects,
    neighbours.machines,
    neighbours.kernels,
    control_plane.parts_missing,
    control_plane.skew,
    dns.cluster_dns,
    dns.bypassed,
    wiring.wrong_addresses,
    advertised.loopback,
    experiments.experiments,
    flags.flags,
    unschedulable.unschedulable,
    probes.failing,
    inits.waiting,
    probes.unready,
    claims.claims,
    claims.unlisted_claims,
    sharing.on_two_nodes,
    volumes.volumes,
    volumes.default_classes,
    quota.refusals,
    rollouts.deployments,
    rollouts.stateful_sets,
    rollouts.daemon_sets,
    rollouts.others,
    idle.scaled_to_zero,
    jobs.jobs,
    cron_jobs.cron_jobs,
    migrations.under_way,
    growth.scaled_up,
    endings.graces,
    policies.idle,
    policies.blocks,
    services.services,
    external_names.external_names,
    isolation.isolated,
    meshes.meshes,
    mutual_tls.mutual_tls,
    ingress.ingresses,
    ingress.conflicts,
    served_names.wrong_names,
    gateways.classes,
    gateways.gateways,
    routes.routes,
    autoscaling.autoscalers,
    autoscaling.other_autoscalers,
    disruption.budgets,
    disruption.overlaps,
    usage.containers,
    usage.nodes,
    admission.webhooks,
    admission.api_services,
    admission.definitions,
    admission.bindings,
    certificates.bundles,
    certificates.certificates,
    denials.from_events,
    warnings.warned,
    conditions.customs,
    named_customs.named_customs,
    releases.releases,
    operators.operators,
    operators.operator_groups,
    chatter.logs,
    hygiene.config_maps,
    hygiene.privileges,
    hygiene.wildcards,
    hygiene.default_accounts,
    hygiene.classless,
)
"""Every rule, in no order that matters: the ranking is made afterwards."""

OPINIONS: tuple[Analyzer, ...] = (
    opinions.default_account_used,
    opinions.security_context_missing,
    opinions.small_volumes,
)
"""Rules that nearly every cluster breaks somewhere: left out unless they are asked for."""


def analyze(snapshot: ClusterSnapshot, now: datetime, *, opinions: bool = False) -> Diagnosis:
    """Judge the snapshot as of ``now`` (an aware time; ages and staleness are counted from it).

    All of it is judged; the findings are those of the snapshot's scope and what explains them.
    """
    with unsearched():
        return _diagnosed(snapshot, now, (*ANALYZERS, *OPINIONS) if opinions else ANALYZERS)


def _diagnosed(
    snapshot: ClusterSnapshot, now: datetime, analyzers: tuple[Analyzer, ...]
) -> Diagnosis:
    snapshot = unreported.with_what_events_say(snapshot)
    found = (finding for analyzer in analyzers for finding in analyzer(snapshot, now))
    more, unchecked = judged(snapshot, now)
    grouped = by_workload(snapshot, (*found, *more))
    grouped += shared(grouped)
    whole = Diagnosis(
        cluster=snapshot.cluster,
        now=now,
        findings=ranked(snapshot, grouped),
        gaps=(*snapshot.gaps, *unchecked),
        server_version=snapshot.server_version,
    )
    return narrow(whole, snapshot, snapshot.scope)


__all__ = ["ANALYZERS", "OPINIONS", "Analyzer", "analyze"]
