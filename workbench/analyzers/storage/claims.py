"""Claims that do not bind, are lost, or hang in deletion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.history import events, latest
from workbench.analyzers.presence import looked_at, missing, unlisted
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.storage.binding import (
    NO_PROVISIONER,
    class_of,
    defaults,
    size,
    unfit,
)
from workbench.analyzers.storage.provisioners import no_provisioner
from workbench.analyzers.storage.resizing import resizes
from workbench.analyzers.wording import age, error_text, span
from workbench.analyzers.workload import is_over, troubled, volume_claims
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import (
    Event,
    PersistentVolume,
    PersistentVolumeClaim,
    Pod,
    StorageClass,
)

FAILURES = ("ProvisioningFailed", "FailedBinding", "ProvisioningCleanupFailed", "VolumeMismatch")

_CLASS_NOT_FOUND = re.compile(r'storageclass\S* "([^"]+)" not found')

BINDING_SECONDS = 30
"""Dynamic provisioning takes seconds; a claim this young without a failure is on its way."""


def claims(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Claims that are pending, lost, stuck or could not be resized."""
    for claim in snapshot.all(PersistentVolumeClaim):
        phase = claim.status.phase
        if claim.metadata.deletion_timestamp:
            yield from _terminating(snapshot, now, claim)
        elif phase == "Lost":
            yield _lost(claim)
        elif phase == "Pending":
            yield from _pending(snapshot, now, claim)
        else:
            yield from resizes(snapshot, now, claim)


def unlisted_claims(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Claims that are not in the snapshot (``kubectl get all`` leaves them out) but whose events
    are: judged from these alone, for pods that wait for them."""
    if PersistentVolumeClaim.KIND in snapshot.objects:
        return
    told: set[ObjectRef] = set()
    for pod in troubled(snapshot, now):
        if is_over(pod) or pod.spec.node_name:
            continue
        for name in volume_claims(pod):
            ref = ObjectRef(PersistentVolumeClaim.KIND, pod.namespace, name)
            failed = [e for e in snapshot.events_about(ref) if e.reason in FAILURES and e.message]
            if failed and ref not in told:
                told.add(ref)
                yield _from_events(ref, failed[-1])


def _from_events(ref: ObjectRef, event: Event) -> Finding:
    class_ = _CLASS_NOT_FOUND.search(event.message)
    return finding(
        "STORAGE_CLASS_MISSING" if class_ else "PROVISIONING_FAILED",
        ref,
        f"PersistentVolumeClaim {ref.name} cannot be provisioned ({event.reason}): "
        f"{error_text(event.message)}",
        [said(event)],
        detail=class_[1] if class_ else "",
        related=[ObjectRef("StorageClass", "", class_[1])] if class_ else [],
        since=event.first_seen,
        claim=ref.name,
    )


def _lost(claim: PersistentVolumeClaim) -> Finding:
    return finding(
        "CLAIM_LOST",
        claim,
        f"PersistentVolumeClaim {claim.name} is in phase Lost: its volume "
        f"{claim.spec.volume_name or '(not named)'} no longer exists",
        [
            seen(claim, "status.phase", "Lost"),
            seen(claim, "spec.volumeName", claim.spec.volume_name),
        ],
        related=[ObjectRef("PersistentVolume", "", claim.spec.volume_name)]
        if claim.spec.volume_name
        else [],
    )


def _pending(
    snapshot: ClusterSnapshot, now: datetime, claim: PersistentVolumeClaim
) -> Iterator[Finding]:
    told = [e for e in events(snapshot, claim, *FAILURES) if e.message]
    event = told[-1] if told else None
    class_ = class_of(snapshot, claim)
    found = (
        _class_missing(snapshot, claim, event)
        or _no_class(snapshot, claim, event)
        or _failed(claim, event)
        or _named_volume(snapshot, claim)
        or _unprovisioned(snapshot, claim, class_)
        or _waiting(snapshot, claim, class_)
    )
    if found:
        yield found
        return
    waited = age(now, claim.metadata.creation_timestamp)
    if waited is None or waited > BINDING_SECONDS:
        absent = class_ and no_provisioner(snapshot, claim, class_)
        yield absent or _unexplained(snapshot, claim, waited)


def _class_missing(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, event: Event | None
) -> Finding | None:
    name = claim.spec.storage_class_name or ""
    by_event = event is not None and f'"{name}" not found' in event.message and bool(name)
    known = looked_at(snapshot, StorageClass) and unlisted(snapshot, StorageClass, "", name)
    if not by_event and not (known and not _static_volume(snapshot, claim)):
        return None
    have = sorted(c.name for c in snapshot.all(StorageClass))
    hint = f"; there is {', '.join(have[:5])}" if have else ""
    return finding(
        "STORAGE_CLASS_MISSING",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending: it asks for StorageClass {name}, which "
        f"does not exist{hint}",
        [seen(claim, "spec.storageClassName", name), *_quoted(event)],
        detail=name,
        related=[ObjectRef("StorageClass", "", name)],
        since=claim.metadata.creation_timestamp,
        claim=claim.name,
    )


def _static_volume(snapshot: ClusterSnapshot, claim: PersistentVolumeClaim) -> bool:
    """Volumes made by hand may use a class name that no StorageClass object carries."""
    name = claim.spec.storage_class_name
    return any(v.spec.storage_class_name == name for v in snapshot.all(PersistentVolume))


def _no_class(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, event: Event | None
) -> Finding | None:
    if claim.spec.storage_class_name is not None or claim.spec.volume_name:
        return None
    by_event = event is not None and "no storage class is set" in event.message
    known = looked_at(snapshot, StorageClass) and not defaults(snapshot)
    if not by_event and not known:
        return None
    have = sorted(c.name for c in snapshot.all(StorageClass))
    hint = f"; the classes are {', '.join(have[:5])}" if have else ""
    return finding(
        "NO_DEFAULT_STORAGE_CLASS",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending: it names no StorageClass and none is the "
        f"default{hint}",
        [seen(claim, "spec.storageClassName", "not set"), *_quoted(event)],
        since=claim.metadata.creation_timestamp,
    )


def _failed(claim: PersistentVolumeClaim, event: Event | None) -> Finding | None:
    if event is None or event.reason == "FailedBinding":
        return None
    return finding(
        "PROVISIONING_FAILED",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending because provisioning failed "
        f"({event.reason}): {error_text(event.message)}",
        [seen(claim, "status.phase", "Pending"), said(event)],
        related=[ObjectRef("StorageClass", "", claim.spec.storage_class_name)]
        if claim.spec.storage_class_name
        else [],
        since=event.first_seen,
    )


def _named_volume(snapshot: ClusterSnapshot, claim: PersistentVolumeClaim) -> Finding | None:
    """A claim for one volume by name, which is not there or does not fit."""
    name = claim.spec.volume_name
    volume = snapshot.get(PersistentVolume, "", name)
    if volume is None and not missing(snapshot, PersistentVolume, "", name):
        return None
    why = unfit(claim, volume) if volume else "does not exist"
    if not why:
        return None
    return finding(
        "NO_MATCHING_VOLUME",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending: it asks for PersistentVolume {name}, "
        f"which cannot serve it ({why})",
        [seen(claim, "spec.volumeName", name)],
        related=[ObjectRef("PersistentVolume", "", name)],
        since=claim.metadata.creation_timestamp,
    )


def _unprovisioned(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, class_: StorageClass | None
) -> Finding | None:
    """A claim that only an existing volume can satisfy, and none does."""
    no_class = claim.spec.storage_class_name == ""
    if not no_class and not (class_ and class_.provisioner == NO_PROVISIONER):
        return None
    if not looked_at(snapshot, PersistentVolume):
        return None
    reasons = {v.name: unfit(claim, v) for v in snapshot.all(PersistentVolume)}
    if "" in reasons.values():
        return None
    near = "; ".join(f"{name}: {why}" for name, why in list(reasons.items())[:3])
    return finding(
        "NO_MATCHING_VOLUME",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending: no PersistentVolume fits it "
        f"({near or 'there is none'})",
        [seen(claim, "spec", f"{size(claim)}, {', '.join(claim.spec.access_modes)}")],
        related=[ObjectRef("PersistentVolume", "", name) for name in reasons][:5],
        since=claim.metadata.creation_timestamp,
    )


def _waiting(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, class_: StorageClass | None
) -> Finding | None:
    event = latest(snapshot, claim, "WaitForFirstConsumer", "WaitForPodScheduled")
    if not event and not (class_ and class_.volume_binding_mode == "WaitForFirstConsumer"):
        return None
    user = _user(snapshot, claim)
    if user and user.spec.node_name:
        return None
    waits = f"for pod {user.name} to be scheduled" if user else "for its first pod"
    return finding(
        "CLAIM_WAITS_FOR_POD",
        claim,
        f"PersistentVolumeClaim {claim.name} is Pending: it waits {waits} (WaitForFirstConsumer)",
        [seen(claim, "status.phase", "Pending"), *_quoted(event)],
        since=claim.metadata.creation_timestamp,
    )


def _unexplained(
    snapshot: ClusterSnapshot, claim: PersistentVolumeClaim, waited: float | None
) -> Finding:
    told = latest(snapshot, claim, "ExternalProvisioning", "Provisioning", *FAILURES)
    since = f" for {span(waited)}" if waited else ""
    why = f": {error_text(told.message)}" if told and told.message else ", and no event says why"
    return finding(
        "CLAIM_PENDING",
        claim,
        f"PersistentVolumeClaim {claim.name} has been Pending{since}{why}",
        [seen(claim, "status.phase", "Pending"), *_quoted(told)],
        since=claim.metadata.creation_timestamp,
    )


def _user(snapshot: ClusterSnapshot, claim: PersistentVolumeClaim) -> Pod | None:
    for pod in snapshot.all(Pod, claim.namespace):
        if not is_over(pod) and claim.name in volume_claims(pod):
            return pod
    return None


def _quoted(event: Event | None) -> list[Pointer]:
    return [said(event)] if event else []


def _terminating(
    snapshot: ClusterSnapshot, now: datetime, claim: PersistentVolumeClaim
) -> Iterator[Finding]:
    overdue = age(now, claim.metadata.deletion_timestamp)
    if overdue is None or overdue < 120:
        return
    user = _user(snapshot, claim)
    by = f" and pod {user.name} still uses it" if user else ""
    yield finding(
        "CLAIM_STUCK_TERMINATING",
        claim,
        f"PersistentVolumeClaim {claim.name} was deleted {span(overdue)} ago{by}",
        [seen(claim, "metadata.deletionTimestamp", claim.metadata.deletion_timestamp)],
        related=[ObjectRef.of(user)] if user else [],
        since=claim.metadata.deletion_timestamp,
    )
