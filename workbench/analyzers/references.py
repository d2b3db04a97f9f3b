"""Things a pod needs that are not there: ConfigMaps, Secrets, keys, claims, accounts, classes.

What the kubelet says comes first. Where it has said nothing (the pod was not created, or has not
got a node yet) the references are compared with what exists, and only for pods that do not run: a
running container is proof enough that its references exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches

import msgspec

from workbench.analyzers.history import events, latest
from workbench.analyzers.presence import looked_at, missing, unlisted
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import sentence
from workbench.analyzers.workload import (
    Part,
    began,
    is_over,
    parts,
    troubled,
    volume_claims,
)
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import (
    ConfigMap,
    Container,
    DaemonSet,
    Deployment,
    Event,
    Job,
    KubeObject,
    PersistentVolumeClaim,
    Pod,
    PodSpec,
    PriorityClass,
    RuntimeClass,
    Secret,
    ServiceAccount,
    StatefulSet,
)

# kubelet and volume plugin wordings
_NOT_FOUND = re.compile(
    r"(?P<kind>configmap|secret|persistentvolumeclaim|serviceaccount)s? "
    r"\"(?P<name>[^\"]+)\" not found|"
    r"(?P<kind2>configmap|secret) (?P<ns>[\w.-]+)/(?P<name2>[\w.-]+) not found|"
    r"object \"(?P<ns3>[^\"/]+)\"/\"(?P<name3>[^\"]+)\" not registered",
    re.IGNORECASE,
)
_NO_KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) "
    r"(?P<ns>[\w.-]+)/(?P<name>[\w.-]+)"
    r"|references non-existent (?P<kind2>config|secret) key: (?P<key2>\S+)",
    re.IGNORECASE,
)
_VOLUME = re.compile(r'for volume "(?P<volume>[^"]+)"')
_KINDS: dict[str, type[KubeObject]] = {
    "configmap": ConfigMap,
    "secret": Secret,
    "persistentvolumeclaim": PersistentVolumeClaim,
    "serviceaccount": ServiceAccount,
}
_CODES = {
    "ConfigMap": "CONFIG_MAP_MISSING",
    "Secret": "SECRET_MISSING",
    "PersistentVolumeClaim": "CLAIM_MISSING",
    "ServiceAccount": "SERVICE_ACCOUNT_MISSING",
}


Owner = Deployment | StatefulSet | DaemonSet | Job


class Use(msgspec.Struct, frozen=True):
    """One reference of a pod spec: which object, which key of it ("" for all), from where."""

    kind: type[KubeObject]
    name: str
    where: str
    key: str = ""
    optional: bool = False


def uses(spec: PodSpec) -> Iterator[Use]:
    """Every ConfigMap and Secret that a pod spec refers to."""
    for container in (*spec.init_containers, *spec.containers):
        yield from _env_uses(container)
    for volume in spec.volumes:
        where = f"spec.volumes[{volume.name}]"
        if volume.config_map:
            yield from _volume_uses(ConfigMap, volume.config_map.name, volume.config_map, where)
        if volume.secret:
            yield from _volume_uses(Secret, volume.secret.secret_name, volume.secret, where)
        for source in volume.projected.sources if volume.projected else ():
            if source.config_map:
                yield from _volume_uses(ConfigMap, source.config_map.name, source.config_map, where)
            if source.secret:
                yield from _volume_uses(Secret, source.secret.name, source.secret, where)


def _env_uses(container: Container) -> Iterator[Use]:
    at = f"spec.containers[{container.name}]"
    for source in container.env_from:
        for kind, ref in ((ConfigMap, source.config_map_ref), (Secret, source.secret_ref)):
            if ref:
                yield Use(kind, ref.name, f"{at}.envFrom", "", ref.optional)
    for variable in container.env:
        chosen = variable.value_from
        if chosen:
            pairs = ((ConfigMap, chosen.config_map_key_ref), (Secret, chosen.secret_key_ref))
            for kind, ref in pairs:
                if ref:
                    yield Use(kind, ref.name, f"{at}.env[{variable.name}]", ref.key, ref.optional)


def _volume_uses(kind: type[KubeObject], name: str, volume: object, where: str) -> Iterator[Use]:
    optional = bool(getattr(volume, "optional", False))
    yield Use(kind, name, where, "", optional)
    for item in getattr(volume, "items", ()):
        yield Use(kind, name, where, item.key, optional)


def config_errors(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Containers whose configuration cannot be put together (CreateContainerConfigError)."""
    for pod in troubled(snapshot, now):
        for part in parts(pod):
            if part.waiting == "CreateContainerConfigError":
                yield _config_error(snapshot, pod, part)


def _config_error(snapshot: ClusterSnapshot, pod: Pod, part: Part) -> Finding:
    waiting = part.status.state.waiting
    text = waiting.message if waiting else ""
    event = latest(snapshot, pod, "Failed")
    text = text or (event.message.removeprefix("Error: ") if event else "")
    evidence = [
        seen(pod, f"{part.path}.state.waiting", f"{part.waiting}: {text}"),
        *([said(event)] if event else []),
    ]
    found = _missing_from(snapshot, pod, text, part, evidence)
    if found is None and not text:
        found = next(_static(snapshot, pod, pod.spec, ObjectRef.of(pod)), None)
    return found or finding(
        "CONTAINER_CONFIG_INVALID",
        pod,
        f"{part.what.capitalize()} of {pod.name} cannot be configured: "
        f"{sentence(text) or 'the kubelet does not say why'}",
        evidence,
        detail=part.name,
        since=began(pod),
        container=part.name,
    )


def _missing_from(
    snapshot: ClusterSnapshot, pod: Pod, text: str, part: Part | None, evidence: list[Pointer]
) -> Finding | None:
    """The finding for a kubelet message that names what is missing; None for any other message."""
    no_key = _NO_KEY.search(text)
    if no_key and no_key["name"]:
        holder = "ConfigMap" if no_key["kind"].lower() == "configmap" else "Secret"
        return _no_key(snapshot, pod, part, holder, no_key["name"], no_key["key"], evidence)
    if no_key:
        return _volume_key(snapshot, pod, text, no_key["key2"], evidence)
    found = _NOT_FOUND.search(text)
    if not found:
        return None
    name = found["name"] or found["name2"] or found["name3"]
    word = (found["kind"] or found["kind2"] or "").lower()
    used = (u.kind for u in uses(pod.spec) if u.name == name)
    kind = _KINDS.get(word) or next(used, ConfigMap)
    return _absent(
        snapshot,
        ObjectRef.of(pod),
        kind,
        pod.namespace,
        name,
        evidence,
        needed_by=_needed_by(pod, part, kind, name),
        since=began(pod),
    )


def _needed_by(pod: Pod, part: Part | None, kind: type[KubeObject], name: str) -> str:
    where = next((u.where for u in uses(pod.spec) if u.kind is kind and u.name == name), "")
    what = f"{part.what} of {pod.name}" if part else f"pod {pod.name}"
    return f"{what} ({where})" if where else what


def _absent(
    snapshot: ClusterSnapshot,
    subject: ObjectRef,
    kind: type[KubeObject],
    namespace: str,
    name: str,
    evidence: list[Pointer],
    needed_by: str,
    since: datetime | None = None,
) -> Finding:
    near = get_close_matches(name, [o.name for o in snapshot.all(kind, namespace)], 1, 0.75)
    elsewhere = sorted(o.namespace for o in snapshot.all(kind) if o.name == name)
    hint = ""
    if near and near[0] != name:
        hint = f"; the nearest name there is {near[0]}"
    elif elsewhere and namespace not in elsewhere:
        hint = f"; one of that name is in namespace {elsewhere[0]}"
    elif namespace in elsewhere:
        hint = "; it has been created since"
    return finding(
        _CODES[kind.KIND],
        subject,
        f"{kind.KIND} {name} does not exist in namespace {namespace or '(none)'}, but {needed_by} "
        f"needs it{hint}",
        evidence,
        detail=name,
        related=[ObjectRef(kind.KIND, namespace, name)],
        since=since,
        missing=name,
    )


def _no_key(
    snapshot: ClusterSnapshot,
    pod: Pod,
    part: Part | None,
    kind: str,
    name: str,
    key: str,
    evidence: list[Pointer],
) -> Finding:
    holder = snapshot.find(ObjectRef(kind, pod.namespace, name))
    keys = _keys(holder) if holder else ()
    has = f"; it has {', '.join(sorted(keys)[:8])}" if keys else ""
    what = f"{part.what} of {pod.name}" if part else f"pod {pod.name}"
    return finding(
        "CONFIG_KEY_MISSING",
        pod,
        f"{kind} {name} has no key {key}, which {what} needs{has}",
        evidence,
        detail=f"{name}.{key}",
        related=[ObjectRef(kind, pod.namespace, name)],
        since=began(pod),
        missing=name,
        missing_kind=kind.lower(),
        key=key,
    )


def _volume_key(
    snapshot: ClusterSnapshot, pod: Pod, text: str, key: str, evidence: list[Pointer]
) -> Finding | None:
    volume = _VOLUME.search(text)
    for use in uses(pod.spec):
        if use.key == key.strip("\"'") and (not volume or f"[{volume['volume']}]" in use.where):
            return _no_key(snapshot, pod, None, use.kind.KIND, use.name, use.key, evidence)
    return None


def _keys(holder: KubeObject) -> tuple[str, ...]:
    if isinstance(holder, ConfigMap):
        return (*holder.data, *holder.binary_data)
    return tuple(holder.data) if isinstance(holder, Secret) else ()


def mounts(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Volumes of pods that are not running which the kubelet cannot mount or attach."""
    for pod in troubled(snapshot, now):
        if is_over(pod) or pod.metadata.deletion_timestamp or not _waits(pod):
            continue
        failed = events(snapshot, pod, "FailedMount", "FailedMapVolume")
        attach = events(snapshot, pod, "FailedAttachVolume")
        if failed:
            yield _mount(snapshot, pod, failed)
        elif attach:
            yield _attach(snapshot, pod, attach[-1])


def _waits(pod: Pod) -> bool:
    """Whether some container has not been created yet, which is all that a mount can hold up."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    return not statuses or any(
        s.state.waiting and s.state.waiting.reason in ("ContainerCreating", "PodInitializing")
        for s in statuses
    )


def _mount(snapshot: ClusterSnapshot, pod: Pod, failed: tuple[Event, ...]) -> Finding:
    for event in reversed(failed):
        found = _missing_from(snapshot, pod, event.message, None, [said(event)])
        if found:
            return found
    telling = [e for e in failed if "timed out waiting for the condition" not in e.message]
    event = (telling or list(failed))[-1]
    volume = _VOLUME.search(event.message)
    name = f"Volume {volume['volume']}" if volume else "A volume"
    return finding(
        "VOLUME_MOUNT_FAILED",
        pod,
        f"{name} of pod {pod.name} cannot be mounted: {sentence(event.message, 300)}",
        [said(event)],
        related=[ObjectRef("PersistentVolumeClaim", pod.namespace, c) for c in volume_claims(pod)],
        since=event.first_seen,
        node=pod.spec.node_name,
    )


def _attach(snapshot: ClusterSnapshot, pod: Pod, event: Event) -> Finding:
    why = "it is still attached to another node" if "Multi-Attach" in event.message else "it failed"
    return finding(
        "VOLUME_ATTACH_FAILED",
        pod,
        f"A volume of pod {pod.name} cannot be attached to node {pod.spec.node_name}, {why}: "
        f"{sentence(event.message, 300)}",
        [said(event)],
        related=[ObjectRef("PersistentVolumeClaim", pod.namespace, c) for c in volume_claims(pod)],
        since=event.first_seen,
    )


def unspoken(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """References of pods that nothing has been said about yet, compared with what exists."""
    for pod in troubled(snapshot, now):
        if is_over(pod) or pod.metadata.deletion_timestamp or _was_created(pod):
            continue
        if not events(snapshot, pod, "FailedMount", "Failed"):
            yield from _static(snapshot, pod, pod.spec, ObjectRef.of(pod))


def _was_created(pod: Pod) -> bool:
    return any(
        part.status.state.running
        or part.status.state.terminated
        or part.status.restart_count
        or part.waiting not in ("ContainerCreating", "PodInitializing", "")
        for part in parts(pod)
    )


def templates(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """References of workloads that want pods and have none, compared with what exists."""
    kinds: tuple[type[Owner], ...] = (Deployment, StatefulSet, DaemonSet, Job)
    for kind in kinds:
        for owner in snapshot.all(kind):
            if not _healthy(owner) and not _has_pods(snapshot, owner):
                yield from _static(snapshot, owner, owner.spec.template.spec, ObjectRef.of(owner))
    for daemon_set in snapshot.all(DaemonSet):
        for secret in daemon_set.spec.template.spec.image_pull_secrets:
            if missing(snapshot, Secret, daemon_set.namespace, secret.name) or (
                unlisted(snapshot, Secret, daemon_set.namespace, secret.name)
                and Pod.KIND not in snapshot.objects
            ):
                yield _no_pull_secret(daemon_set, secret.name)


def _no_pull_secret(owner: KubeObject, name: str) -> Finding:
    return finding(
        "IMAGE_PULL_SECRET_MISSING",
        owner,
        f"imagePullSecret {name} of {owner.kind} {owner.name} does not exist in namespace "
        f"{owner.namespace}",
        [seen(owner, "spec.template.spec.imagePullSecrets", name)],
        detail=name,
        related=[ObjectRef("Secret", owner.namespace, name)],
        missing=name,
    )


def _healthy(owner: Owner) -> bool:
    if isinstance(owner, Job):
        return bool(owner.status.succeeded or owner.spec.suspend or owner.status.failed)
    if isinstance(owner, DaemonSet):
        status = owner.status
        return status.number_ready >= status.desired_number_scheduled
    ready = max(owner.status.ready_replicas, owner.status.available_replicas)
    return ready >= owner.spec.replicas


def _has_pods(snapshot: ClusterSnapshot, owner: KubeObject) -> bool:
    if not looked_at(snapshot, Pod):
        return True
    below = snapshot.owned_by(owner)
    return any(
        isinstance(obj, Pod) or any(isinstance(pod, Pod) for pod in snapshot.owned_by(obj))
        for obj in below
    )


def _static(
    snapshot: ClusterSnapshot, owner: KubeObject, spec: PodSpec, subject: ObjectRef
) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for use in uses(spec):
        key = (use.kind.KIND, use.name)
        if use.optional or key in told or use.name == "kube-root-ca.crt":
            continue
        if missing(snapshot, use.kind, owner.namespace, use.name):
            told.add(key)
            yield _absent(
                snapshot, subject, use.kind, owner.namespace, use.name,
                [seen(subject, use.where, use.name)],
                f"{owner.kind} {owner.name} ({use.where})", owner.metadata.creation_timestamp,
            )  # fmt: skip
        elif isinstance(owner, Pod) and _lacks_key(snapshot, use, owner):
            at = [seen(subject, use.where, use.key)]
            yield _no_key(snapshot, owner, None, use.kind.KIND, use.name, use.key, at)
    yield from _static_others(snapshot, owner, spec, subject)


def _lacks_key(snapshot: ClusterSnapshot, use: Use, owner: KubeObject) -> bool:
    holder = snapshot.find(ObjectRef(use.kind.KIND, owner.namespace, use.name))
    keys = _keys(holder) if holder else ()
    return bool(use.key and keys) and use.key not in keys


def _static_others(
    snapshot: ClusterSnapshot, owner: KubeObject, spec: PodSpec, subject: ObjectRef
) -> Iterator[Finding]:
    for volume in spec.volumes:
        claim = volume.persistent_volume_claim
        if claim and missing(snapshot, PersistentVolumeClaim, owner.namespace, claim.claim_name):
            yield _absent(
                snapshot, subject, PersistentVolumeClaim, owner.namespace, claim.claim_name,
                [seen(subject, f"spec.volumes[{volume.name}]", claim.claim_name)],
                f"{owner.kind} {owner.name}", owner.metadata.creation_timestamp,
            )  # fmt: skip
    account = spec.service_account_name
    if not isinstance(owner, Pod) and missing(snapshot, ServiceAccount, owner.namespace, account):
        yield _absent(
            snapshot, subject, ServiceAccount, owner.namespace, account,
            [seen(subject, "spec.template.spec.serviceAccountName", account)],
            f"{owner.kind} {owner.name}", owner.metadata.creation_timestamp,
        )  # fmt: skip
    for kind, name, code in (
        (PriorityClass, spec.priority_class_name, "PRIORITY_CLASS_MISSING"),
        (RuntimeClass, spec.runtime_class_name, "RUNTIME_CLASS_MISSING"),
    ):
        built_in = name.startswith("system-")
        if name and not built_in and missing(snapshot, kind, "", name):
            yield finding(
                code,
                subject,
                f"{kind.KIND} {name} does not exist, but {owner.kind} {owner.name} names it",
                [seen(subject, f"spec.{kind.KIND[0].lower()}{kind.KIND[1:]}Name", name)],
                detail=name,
                related=[ObjectRef(kind.KIND, "", name)],
            )
