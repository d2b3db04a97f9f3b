"""Settings that a crashing container asks for: where they should come from, and why they do not.

The log names the variable; the pod's spec says which key of which ConfigMap or Secret sets it (an
optional reference lets the container start without it); the object says which keys it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches

from workbench.analyzers.containers.uses import keys
from workbench.analyzers.logs.logbook import log_reason
from workbench.analyzers.logs.reading import Reason
from workbench.analyzers.presence import looked_at, missing
from workbench.analyzers.ranking.changes import change_note
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.analyzers.workload import Part, began, parts, ready, troubled, workload
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import ConfigMap, Container, KubeObject, Pod, Secret
from workbench.core.objects.pods import EnvVar

KINDS = frozenset({"missing-env", "auth", "bad-config", "missing-file"})
"""What a log says when its configuration is at fault."""


_CREDENTIAL = re.compile(r"PASS|PWD|USER|TOKEN|SECRET|CRED|KEY", re.IGNORECASE)


def unset(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Settings that logs call missing, traced to the key or variable that is not there."""
    if not snapshot.logs:
        return
    for pod in troubled(snapshot, now):
        for part in parts(pod):
            if ready(pod) and part.status.ready:
                continue
            why, log = log_reason(snapshot, pod, part)
            if why and why.kind == "missing-env" and why.variable:
                yield from _traced(snapshot, pod, part, why, log)


def holders(pod: Pod, part: Part, why: Reason | None) -> tuple[ObjectRef, ...]:
    """The ConfigMaps and Secrets that should set what the log misses."""
    if why is None or not why.variable:
        return ()
    variable = _variable(part.spec, why.variable)
    source = _source(variable) if variable else None
    if source:
        kind, name, _key = source
        return (ObjectRef(kind.KIND, pod.namespace, name),)
    return tuple(ObjectRef(k.KIND, pod.namespace, n) for k, n in _whole(part.spec))


def credentials(snapshot: ClusterSnapshot, pod: Pod, part: Part, why: Reason | None) -> str:
    """Where a container whose credentials are rejected has them from, as the end of a sentence."""
    if why is None or why.kind != "auth":
        return ""
    for variable in part.spec.env:
        source = _source(variable)
        if source and _CREDENTIAL.search(variable.name):
            kind, name, key = source
            return f"; it reads {variable.name} from {kind.KIND} {name}, key {key}"
    return ""


def _traced(
    snapshot: ClusterSnapshot, pod: Pod, part: Part, why: Reason, log: list[Pointer]
) -> Iterator[Finding]:
    variable = _variable(part.spec, why.variable)
    source = _source(variable) if variable else None
    if variable and source:
        yield from _from_key(snapshot, pod, part, variable, source, log)
    elif variable is None and "_" in why.variable:
        yield from _from_none(snapshot, pod, part, why, log)
    elif variable and not variable.value and variable.value_from is None:
        yield _empty(snapshot, pod, part, variable, log)


def _from_key(
    snapshot: ClusterSnapshot,
    pod: Pod,
    part: Part,
    variable: EnvVar,
    source: tuple[type[KubeObject], str, str],
    log: list[Pointer],
) -> Iterator[Finding]:
    kind, name, key = source
    ref = ObjectRef(kind.KIND, pod.namespace, name)
    holder = snapshot.find(ref)
    who = workload(snapshot, pod)
    need = f"{part.what} of {who.kind} {who.name} reads {variable.name} from it"
    at = seen(pod, f"spec.containers[{part.name}].env[{variable.name}].valueFrom", f"{name}/{key}")
    if holder is None and missing(snapshot, kind, pod.namespace, name):
        yield finding(
            "SECRET_MISSING" if kind is Secret else "CONFIG_MAP_MISSING", ref,
            f"{kind.KIND} {name} does not exist in namespace {pod.namespace}, and {need} "
            "(optional, so the container starts without it)",
            [at, *log], detail=name, related=[ObjectRef.of(pod), who], since=began(pod),
            missing=name, pod=pod.name,
        )  # fmt: skip
    elif holder is not None and key not in keys(holder):
        has = listed(sorted(keys(holder)), 8) or "no keys"
        yield finding(
            "CONFIG_KEY_MISSING", ref,
            f"{kind.KIND} {name} has no key {key}, and {need}; it has {has}{_near(key, holder)}"
            f"{change_note(snapshot, holder, began(pod))}",
            [at, seen(holder, "data", has), *log], detail=f"{name}.{key}",
            related=[ObjectRef.of(pod), who], since=began(pod),
            missing=name, missing_kind=kind.KIND.lower(), key=key, pod=pod.name,
        )  # fmt: skip


def _from_none(
    snapshot: ClusterSnapshot, pod: Pod, part: Part, why: Reason, log: list[Pointer]
) -> Iterator[Finding]:
    """Nothing in the spec sets it: a ConfigMap or Secret that is read whole should, or nothing."""
    for kind, name in _whole(part.spec):
        holder = snapshot.find(ObjectRef(kind.KIND, pod.namespace, name))
        if holder is None:
            if not looked_at(snapshot, kind):
                return  # it may be set there
            continue
        if why.variable in keys(holder):
            return  # it is there now; the pod has not restarted since, or reads it empty
    named = [v.name for v in part.spec.env]
    near = get_close_matches(why.variable, named, 1, 0.75)
    offered = [(k, n) for k, n in _whole(part.spec)]
    who = workload(snapshot, pod)
    hint = f"; it sets {near[0]}" if near else ""
    if offered:
        hint += _offers(snapshot, pod, why.variable, offered)
    yield finding(
        "SETTING_MISSING", who,
        f"{who.kind} {who.name} does not set {why.variable}, which its container {part.name} "
        f"wants{hint}",
        [seen(pod, f"spec.containers[{part.name}].env", listed(named, 12) or "none"), *log],
        detail=why.variable, since=began(pod), container=part.name, variable=why.variable,
        pod=pod.name, related=[ObjectRef.of(pod), *(_ref(pod, k, n) for k, n in offered)],
    )  # fmt: skip


def _empty(
    snapshot: ClusterSnapshot, pod: Pod, part: Part, variable: EnvVar, log: list[Pointer]
) -> Finding:
    who = workload(snapshot, pod)
    return finding(
        "SETTING_MISSING", who,
        f"{who.kind} {who.name} sets {variable.name} to nothing, and its container {part.name} "
        "wants it",
        [seen(pod, f"spec.containers[{part.name}].env[{variable.name}].value", '""'), *log],
        detail=variable.name, since=began(pod), container=part.name, variable=variable.name,
        pod=pod.name, related=[ObjectRef.of(pod)],
    )  # fmt: skip


def _ref(pod: Pod, kind: type[KubeObject], name: str) -> ObjectRef:
    return ObjectRef(kind.KIND, pod.namespace, name)


def _offers(
    snapshot: ClusterSnapshot, pod: Pod, variable: str, offered: list[tuple[type[KubeObject], str]]
) -> str:
    for kind, name in offered:
        holder = snapshot.find(ObjectRef(kind.KIND, pod.namespace, name))
        if holder is None:
            return f"; {kind.KIND} {name}, which it reads whole, does not exist"
        near = get_close_matches(variable, keys(holder), 1, 0.6)
        note = change_note(snapshot, holder, began(pod))
        text = f"; {kind.KIND} {name}, which it reads whole, has no such key"
        return text + (f" (the nearest is {near[0]})" if near else "") + note
    return ""


def _near(key: str, holder: KubeObject) -> str:
    words = set(re.split(r"[._-]", key.lower()))
    near = get_close_matches(key, keys(holder), 1, 0.6) or [
        k for k in keys(holder) if words & set(re.split(r"[._-]", k.lower()))
    ]
    return f" (the nearest is {near[0]})" if near and len(keys(holder)) > 1 else ""


def _variable(container: Container, name: str) -> EnvVar | None:
    return next((v for v in container.env if v.name.upper() == name.upper()), None)


def _source(variable: EnvVar) -> tuple[type[KubeObject], str, str] | None:
    chosen = variable.value_from
    if chosen and chosen.secret_key_ref:
        return Secret, chosen.secret_key_ref.name, chosen.secret_key_ref.key
    if chosen and chosen.config_map_key_ref:
        return ConfigMap, chosen.config_map_key_ref.name, chosen.config_map_key_ref.key
    return None


def _whole(container: Container) -> Iterator[tuple[type[KubeObject], str]]:
    """The ConfigMaps and Secrets that envFrom reads whole."""
    for source in container.env_from:
        if source.config_map_ref:
            yield ConfigMap, source.config_map_ref.name
        if source.secret_ref:
            yield Secret, source.secret_ref.name
