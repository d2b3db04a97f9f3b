"""Things a pod needs that are not there: ConfigMaps, Secrets, keys, claims, accounts, classes.

What the kubelet says comes first. Where it has said nothing (the pod was not created, or has not
got a node yet) the references are compared with what exists, and only for pods that do not run: a
running container is proof enough that its references exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches

from workbench.analyzers.containers.uses import keys, uses
from workbench.analyzers.history import latest
from workbench.analyzers.ranking.changes import change_note
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import error_text
from workbench.analyzers.workload import (
    Part,
    began,
    parts,
    troubled,
)
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import (
    ConfigMap,
    KubeObject,
    PersistentVolumeClaim,
    Pod,
    Secret,
    ServiceAccount,
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
VOLUME = re.compile(r'for volume "(?P<volume>[^"]+)"')
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
    found = missing_from(snapshot, pod, text, part, evidence)
    if found is None and not text:
        found = None
    return found or finding(
        "CONTAINER_CONFIG_INVALID",
        pod,
        f"{part.what[0].upper()}{part.what[1:]} of {pod.name} cannot be configured: "
        f"{error_text(text) or 'the kubelet does not say why'}",
        evidence,
        detail=part.name,
        since=began(pod),
        container=part.name,
    )


def missing_from(
    snapshot: ClusterSnapshot, pod: Pod, text: str, part: Part | None, evidence: list[Pointer]
) -> Finding | None:
    """The finding for a kubelet message that names what is missing; None for any other message."""
    lacks = _NO_KEY.search(text)
    if lacks and lacks["name"]:
        holder = "ConfigMap" if lacks["kind"].lower() == "configmap" else "Secret"
        return no_key(snapshot, pod, part, holder, lacks["name"], lacks["key"], evidence)
    if lacks:
        return _volume_key(snapshot, pod, text, lacks["key2"], evidence)
    found = _NOT_FOUND.search(text)
    if not found:
        return None
    name = found["name"] or found["name2"] or found["name3"]
    word = (found["kind"] or found["kind2"] or "").lower()
    used = (u.kind for u in uses(pod.spec) if u.name == name)
    kind = _KINDS.get(word) or next(used, ConfigMap)
    return absent(
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


def absent(
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


def no_key(
    snapshot: ClusterSnapshot,
    pod: Pod,
    part: Part | None,
    kind: str,
    name: str,
    key: str,
    evidence: list[Pointer],
) -> Finding:
    holder = snapshot.find(ObjectRef(kind, pod.namespace, name))
    held = keys(holder) if holder else ()
    has = f"; it has {', '.join(sorted(held)[:8])}" if held else ""
    has += change_note(snapshot, holder, began(pod)) if holder else ""
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
    volume = VOLUME.search(text)
    for use in uses(pod.spec):
        if use.key == key.strip("\"'") and (not volume or f"[{volume['volume']}]" in use.where):
            return no_key(snapshot, pod, None, use.kind.KIND, use.name, use.key, evidence)
    return None
