"""Certificates by their dates: of webhooks and aggregated APIs, of TLS Secrets and of cert-manager.

A Secret's values are taken out before a snapshot is kept, so its certificate is judged only where
the data is there (a bare list); elsewhere the Certificate that makes the Secret tells its dates.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import span
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.objects import (
    APIService,
    Custom,
    Ingress,
    KubeObject,
    MutatingWebhookConfiguration,
    Secret,
    ValidatingWebhookConfiguration,
)

SOON = timedelta(days=7)
"""What is left when a certificate that nobody has renewed is worth a warning."""

_BEGIN = b"-----BEGIN CERTIFICATE-----"


class Dates(msgspec.Struct, frozen=True):
    """From when until when a certificate holds, and whose it is."""

    subject: str
    begins: datetime
    ends: datetime


class Bundle(msgspec.Struct, frozen=True):
    """A PEM bundle that was read; ``error`` says why it could not be."""

    certificates: tuple[Dates, ...] = ()
    error: str = ""


def read_bundle(text: str) -> Bundle:
    """The certificates of a base64-encoded PEM bundle, as caBundle and TLS Secrets hold them."""
    try:
        pem = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return Bundle(error="it is not base64")
    if _BEGIN not in pem:
        return Bundle(error="it holds no PEM certificate")
    from cryptography import x509  # heavy, and wanted only where there is a bundle

    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        return Bundle(error=f"it cannot be parsed ({str(error)[:80]})")
    return Bundle(
        tuple(
            Dates(c.subject.rfc4514_string(), c.not_valid_before_utc, c.not_valid_after_utc)
            for c in found
        )
    )


def bundles(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Webhooks and aggregated APIs whose caBundle cannot be read or has expired."""
    kinds: tuple[type[ValidatingWebhookConfiguration | MutatingWebhookConfiguration], ...] = (
        ValidatingWebhookConfiguration,
        MutatingWebhookConfiguration,
    )
    for kind in kinds:
        for one in snapshot.all(kind):
            for webhook in one.webhooks:
                where = f"webhooks[{webhook.name}].clientConfig.caBundle"
                text = webhook.client_config.ca_bundle
                for found in _bundle(snapshot, now, one, where, text, webhook.name):
                    ignored = webhook.failure_policy == "Ignore"
                    yield _milder(found) if ignored else found
    for api in snapshot.all(APIService):
        if api.spec.service:
            yield from _bundle(snapshot, now, api, "spec.caBundle", api.spec.ca_bundle, "")


def _milder(found: Finding) -> Finding:
    """Requests pass unchecked when the call may fail."""
    return msgspec.structs.replace(found, severity=Severity.WARNING)


def _bundle(
    snapshot: ClusterSnapshot, now: datetime, one: KubeObject, where: str, text: str, detail: str
) -> Iterator[Finding]:
    if not text or "redacted" in text:
        return
    read = _read(snapshot, text)
    expired = read.certificates and all(c.ends < _aware(now) for c in read.certificates)
    if not read.error and not expired:
        return
    last = max(read.certificates, key=lambda c: c.ends) if expired else None
    why = read.error or (last and f"it expired {_ago(now, last.ends)}") or ""
    what = f"of webhook {detail}" if detail else f"of the API {one.name}"
    yield finding(
        "CA_BUNDLE_INVALID",
        one,
        f"The caBundle {what} proves nothing ({why}), so the API server's calls to it fail",
        [seen(one, where, f"{last.subject}, until {last.ends:%Y-%m-%d %H:%M}" if last else why)],
        detail=detail,
        since=last.ends if last else None,
    )


def _read(snapshot: ClusterSnapshot, text: str) -> Bundle:
    memo = ("bundle", text)
    if memo not in snapshot.memo:
        snapshot.memo[memo] = read_bundle(text)
    found: Bundle = snapshot.memo[memo]
    return found


def certificates(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """cert-manager Certificates and TLS Secrets that have expired or are about to."""
    told: set[ObjectRef] = set()
    for one in snapshot.customs():
        if one.kind == "Certificate" and (ends := _time(one.status.not_after)):
            found = list(_issued(snapshot, now, one, ends))
            told |= {ref for f in found for ref in f.related if ref.kind == "Secret"}
            yield from found
    for secret in snapshot.all(Secret):
        value = secret.data.get("tls.crt") if secret.type == "kubernetes.io/tls" else None
        readable = isinstance(value, str) and value.startswith("LS0t")  # base64 of "---"
        if not readable or ObjectRef.of(secret) in told:
            continue
        leaf = next(iter(_read(snapshot, str(value)).certificates), None)
        if leaf:
            yield from _kept(snapshot, now, secret, leaf)


def _issued(
    snapshot: ClusterSnapshot, now: datetime, one: Custom, ends: datetime
) -> Iterator[Finding]:
    spec = one.spec if isinstance(one.spec, dict) else {}
    renewal = _time(one.status.renewal_time)
    late = renewal is not None and _aware(now) > renewal + timedelta(hours=1)
    name = spec.get("secretName")
    secret = ObjectRef("Secret", one.namespace, name) if isinstance(name, str) and name else None
    related = [secret, *_users(snapshot, secret)] if secret else []
    if ends <= _aware(now):
        yield _expired(now, one, ends, related, "status.notAfter")
    elif ends - _aware(now) < SOON and (late or renewal is None):
        since = f", and was to be renewed {_ago(now, renewal)}" if renewal else ""
        yield _expires(now, one, ends, related, "status.notAfter", since)


def _kept(
    snapshot: ClusterSnapshot, now: datetime, secret: Secret, leaf: Dates
) -> Iterator[Finding]:
    related = _users(snapshot, ObjectRef.of(secret))
    left = leaf.ends - _aware(now)
    if left <= timedelta(0):
        yield _expired(now, secret, leaf.ends, related, "data[tls.crt]")
    elif left < min(SOON, (leaf.ends - leaf.begins) / 6):  # short-lived ones are renewed at a third
        yield _expires(now, secret, leaf.ends, related, "data[tls.crt]", "")


def _expired(
    now: datetime, one: KubeObject, ends: datetime, related: Iterable[ObjectRef], path: str
) -> Finding:
    return finding(
        "CERTIFICATE_EXPIRED",
        one,
        f"The certificate of {one.kind} {one.name} expired {_ago(now, ends)}, so clients refuse it",
        [seen(one, path, f"{ends:%Y-%m-%dT%H:%M:%SZ}")],
        related=related,
        since=ends,
    )


def _expires(
    now: datetime,
    one: KubeObject,
    ends: datetime,
    related: Iterable[ObjectRef],
    path: str,
    more: str,
) -> Finding:
    left = span((ends - _aware(now)).total_seconds())
    return finding(
        "CERTIFICATE_EXPIRES_SOON",
        one,
        f"The certificate of {one.kind} {one.name} expires in {left}{more}",
        [seen(one, path, f"{ends:%Y-%m-%dT%H:%M:%SZ}")],
        related=related,
    )


def _users(snapshot: ClusterSnapshot, secret: ObjectRef) -> list[ObjectRef]:
    """The Ingresses that serve the Secret's certificate."""
    return [
        ObjectRef.of(ingress)
        for ingress in snapshot.all(Ingress, secret.namespace)
        if any(tls.secret_name == secret.name for tls in ingress.spec.tls)
    ]


def _ago(now: datetime, when: datetime) -> str:
    return f"{span((_aware(now) - when).total_seconds())} ago"


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _time(value: object) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None
