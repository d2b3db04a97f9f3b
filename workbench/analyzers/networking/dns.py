"""Cluster DNS: what its configuration does to names, and pods that do not ask it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.logs.logbook import log_reason
from workbench.analyzers.networking.peers import service_called
from workbench.analyzers.ranking.changes import changed_at
from workbench.analyzers.report import finding, seen
from workbench.analyzers.workload import parts, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import ConfigMap, Pod, Service

NAMES = frozenset(
    {"coredns", "coredns-custom", "node-local-dns", "kube-dns", "rke2-coredns-rke2-coredns"}
)
"""ConfigMaps of kube-system that configure cluster DNS (kubeadm and the common distributions)."""

_TEMPLATE = re.compile(
    r"template\s+\S+\s+\S+\s+(?P<zone>[^\s{]*)[^{}]*\{(?P<body>[^{}]*(?:\{\{[^{}]*\}\}[^{}]*)*)\}"
)
_REWRITE = re.compile(r"^\s*rewrite\s+(?P<rule>.*(?:svc|cluster\.local).*)$", re.M)
_MODIFIERS = frozenset(
    {"stop", "continue", "name", "exact", "prefix", "suffix", "substring", "regex", "auto"}
)
_FORWARD = re.compile(r"^\s*(?:forward|proxy)\s+\S+\s+(?P<to>.+?)\s*\{?$", re.M)
_CLUSTER = re.compile(r"^\s*kubernetes(?:\s|$)(?P<zones>[^{\n]*)", re.M)
_DOMAIN = "cluster.local"
"""The kubelets' clusterDomain, unless somebody chose another."""


def cluster_dns(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Corefiles that keep cluster names from resolving."""
    addresses = {
        s.spec.cluster_ip
        for s in snapshot.all(Service, "kube-system")
        if s.labels.get("k8s-app") == "kube-dns"
    }
    for one in snapshot.all(ConfigMap, "kube-system"):
        if one.name not in NAMES:
            continue
        for key, text in one.data.items():
            for why in _faults(key, text, addresses):
                yield finding(
                    "DNS_MISCONFIGURED",
                    one,
                    f"The configuration of cluster DNS (ConfigMap {one.name}, key {key}) {why}",
                    [seen(one, f"data.{key}", " ".join(text.split()))],
                    detail=key,
                    since=changed_at(one),
                )
                break
            else:
                if key == "Corefile" and (zones := _other_zones(text)):
                    yield finding(
                        "DNS_MISCONFIGURED",
                        one,
                        f"The configuration of cluster DNS (ConfigMap {one.name}, key {key}) "
                        f"serves the zone {zones} and not {_DOMAIN}",
                        [seen(one, f"data.{key}", " ".join(text.split()))],
                        severity=Severity.INFO,
                        detail=key,
                        since=changed_at(one),
                    )


def _other_zones(text: str) -> str:
    """The zones of the kubernetes plugin when the usual one is not among them; harmless where the
    kubelets are told the same."""
    found = [zone for m in _CLUSTER.finditer(text) for zone in m["zones"].split()]
    zones = [z for z in found if not z.endswith(".arpa")]
    return " ".join(zones) if zones and _DOMAIN not in zones and "." not in zones else ""


def _faults(key: str, text: str, addresses: set[str]) -> Iterator[str]:
    if not text:  # too long to be held, so nothing is known of it
        return
    if text.count("{") != text.count("}"):
        yield "has braces that do not match, so the server cannot read it"
    for found in _TEMPLATE.finditer(text):
        if re.search(r"\brcode\s+(?:NXDOMAIN|SERVFAIL|REFUSED)", found["body"], re.I):
            zone = found["zone"] or "every name"
            about = found[0].split("rcode", 1)[0]
            if ("cluster.local" in about or "svc" in about) and " AAAA " not in about:
                yield f"answers that names do not exist (template for {zone})"
    if key == "Corefile" and "import" not in text and not _CLUSTER.search(text):
        yield "has no kubernetes plugin, so no Service name resolves"
    for found in _REWRITE.finditer(text):
        words = [w for w in found["rule"].split() if w not in _MODIFIERS]
        if words and re.search(r"cluster\\?\.local|\.svc", words[0]):
            yield f"rewrites cluster names (rewrite {found['rule'].strip()})"
    for found in _FORWARD.finditer(text):
        if addresses & set(found["to"].split()):
            yield "forwards to itself, which is a loop"


def bypassed(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Pods that do not use cluster DNS and whose log says that a Service's name does not resolve.

    dnsPolicy None takes only what dnsConfig names; Default takes the node's resolver.
    """
    if not snapshot.logs:
        return
    for pod in snapshot.all(Pod):
        policy = pod.spec.dns_policy
        outside = policy in ("None", "Default") or (
            pod.spec.host_network and policy == "ClusterFirst"
        )
        if not outside:
            continue
        for part in parts(pod):
            why, log = log_reason(snapshot, pod, part)
            if (
                why
                and why.kind == "unknown-host"
                and (service_called(snapshot, pod.namespace, why.host))
            ):
                yield _bypasses(snapshot, pod, policy, why.host, log)
                break


def _bypasses(
    snapshot: ClusterSnapshot, pod: Pod, policy: str, host: str, log: list[Pointer]
) -> Finding:
    who = workload(snapshot, pod)
    host_network = " with hostNetwork" if pod.spec.host_network else ""
    return finding(
        "POD_BYPASSES_CLUSTER_DNS",
        who,
        f"{who.kind} {who.name} has dnsPolicy {policy}{host_network}, so its pods do not ask "
        f"cluster DNS, and {host} does not resolve",
        [seen(pod, "spec.dnsPolicy", policy), *log],
        related=[ObjectRef.of(pod)],
        pod=pod.name,
    )
