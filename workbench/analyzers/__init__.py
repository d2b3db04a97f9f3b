"""Judgement: what a cluster snapshot says is wrong with the cluster, and why.

Every rule is a plain function from snapshot and time to findings; ``ANALYZERS`` lists them all.
Nothing here opens, waits for or changes anything, and no shape of input makes it raise. Rules of
other packages (see ``added``) are judged beside ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from workbench.analyzers import (
    admission,
    autoscaling,
    certificates,
    chatter,
    conditions,
    control_plane,
    denials,
    departures,
    disruption,
    dns,
    evictions,
    experiments,
    external_names,
    flags,
    gateways,
    hygiene,
    idle,
    images,
    ingress,
    inits,
    isolation,
    jobs,
    meshes,
    mounts,
    mutual_tls,
    named_customs,
    neighbours,
    networking,
    nodes,
    pods,
    policies,
    probes,
    quota,
    references,
    releases,
    rollouts,
    routes,
    sandboxes,
    scheduling,
    settings,
    sharing,
    storage,
    templates,
    usage,
    volumes,
    wiring,
)
from workbench.analyzers.added import judged
from workbench.analyzers.causes import ranked
from workbench.analyzers.group import by_workload
from workbench.analyzers.shared import shared
from workbench.core.cluster import ClusterSnapshot
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding
from workbench.core.scoping import narrow

Analyzer = Callable[[ClusterSnapshot, datetime], Iterable[Finding]]

ANALYZERS: tuple[Analyzer, ...] = (
    nodes.nodes,
    nodes.namespaces,
    pods.crashing,
    departures.gone,
    evictions.displaced,
    sandboxes.hanging,
    images.pulls,
    references.config_errors,
    mounts.mounts,
    templates.unspoken,
    templates.templates,
    settings.unset,
    scheduling.misplaced,
    neighbours.suspects,
    control_plane.parts_missing,
    control_plane.skew,
    dns.cluster_dns,
    dns.bypassed,
    wiring.wrong_addresses,
    experiments.experiments,
    flags.flags,
    scheduling.unschedulable,
    probes.failing,
    inits.waiting,
    probes.unready,
    storage.claims,
    storage.unlisted_claims,
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
    jobs.cron_jobs,
    policies.idle,
    policies.blocks,
    networking.services,
    external_names.external_names,
    isolation.isolated,
    meshes.meshes,
    mutual_tls.mutual_tls,
    ingress.ingresses,
    ingress.conflicts,
    gateways.classes,
    gateways.gateways,
    routes.routes,
    autoscaling.autoscalers,
    autoscaling.other_autoscalers,
    disruption.budgets,
    usage.containers,
    usage.nodes,
    admission.webhooks,
    admission.api_services,
    admission.definitions,
    admission.bindings,
    certificates.bundles,
    certificates.certificates,
    denials.from_events,
    conditions.customs,
    named_customs.named_customs,
    releases.releases,
    conditions.operator_groups,
    chatter.logs,
    hygiene.config_maps,
    hygiene.privileges,
    hygiene.wildcards,
    hygiene.default_accounts,
    hygiene.classless,
)
"""Every rule, in no order that matters: the ranking is made afterwards."""


def analyze(snapshot: ClusterSnapshot, now: datetime) -> Diagnosis:
    """Judge the snapshot as of ``now`` (an aware time; ages and staleness are counted from it).

    All of it is judged; the findings are those of the snapshot's scope and what explains them.
    """
    found = (finding for analyzer in ANALYZERS for finding in analyzer(snapshot, now))
    more, unchecked = judged(snapshot, now)
    grouped = by_workload(snapshot, (*found, *more))
    grouped += shared(grouped)
    whole = Diagnosis(
        cluster=snapshot.cluster,
        now=now,
        findings=ranked(snapshot, grouped),
        gaps=(*snapshot.gaps, *unchecked),
    )
    return narrow(whole, snapshot, snapshot.scope)


__all__ = ["ANALYZERS", "Analyzer", "analyze"]
