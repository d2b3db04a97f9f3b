"""The names that an Ingress serves by TLS beside those that its certificate is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.networking.controllers import controller_pod
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Custom, Ingress


def wrong_names(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Ingresses whose TLS Secret is made by a Certificate (cert-manager) for other names.

    A Secret's own certificate is not read: its values are taken out before a snapshot is kept.
    """
    names = dict(_names(snapshot))
    for ingress in snapshot.all(Ingress) if names else ():
        for tls in ingress.spec.tls:
            held = names.get(ObjectRef("Secret", ingress.namespace, tls.secret_name))
            hosts = tls.hosts or tuple(rule.host for rule in ingress.spec.rules)
            wrong = [h for h in hosts if h and not any(_covers(n, h) for n in held or (h,))]
            if held and wrong:
                yield _finding(snapshot, ingress, tls.secret_name, wrong, held)


def _names(snapshot: ClusterSnapshot) -> Iterator[tuple[ObjectRef, tuple[str, ...]]]:
    """The Secrets that Certificates make, with the names the certificate is for."""
    for one in snapshot.customs():
        spec = one.spec if isinstance(one.spec, dict) else {}
        secret, names = spec.get("secretName"), tuple(_dns_names(one))
        if one.kind == "Certificate" and isinstance(secret, str) and names:
            yield ObjectRef("Secret", one.namespace, secret), names


def _dns_names(one: Custom) -> Iterator[str]:
    spec = one.spec if isinstance(one.spec, dict) else {}
    listed_names = spec.get("dnsNames")
    for name in (*(listed_names if isinstance(listed_names, list) else ()), spec.get("commonName")):
        if isinstance(name, str) and name:
            yield name


def _covers(name: str, host: str) -> bool:
    """Whether a certificate's name is good for a host; ``*`` stands for one label (RFC 6125)."""
    if name.startswith("*."):
        return host.partition(".")[2].lower() == name[2:].lower()
    return name.lower() == host.lower()


def _finding(
    snapshot: ClusterSnapshot,
    ingress: Ingress,
    secret: str,
    wrong: list[str],
    held: tuple[str, ...],
) -> Finding:
    controller = controller_pod(snapshot, ingress)
    return finding(
        "CERTIFICATE_FOR_OTHER_NAMES",
        ingress,
        f"Ingress {ingress.name} serves {listed(wrong, 3)} with the certificate of Secret "
        f"{secret}, which is for {listed(held, 3)} only, so clients do not trust it",
        [seen(ingress, "spec.tls[].hosts", listed(wrong, 10))],
        detail=secret,
        related=[
            ObjectRef("Secret", ingress.namespace, secret),
            *([ObjectRef.of(controller)] if controller else []),
        ],
        secret=secret,
    )
