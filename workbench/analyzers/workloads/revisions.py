"""What a Deployment's newest revision changed, by comparing its ReplicaSets' pod templates."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.analyzers.wording import listed, sentence
from workbench.core.cluster import ClusterSnapshot
from workbench.core.counted import counted
from workbench.core.objects import Container, Deployment, ReplicaSet
from workbench.core.objects.pods import EnvVar, Probe

REVISION = "deployment.kubernetes.io/revision"

CHANGES_MOST = 4
"""How many changes a message names."""


def revision(one: ReplicaSet) -> int:
    """The Deployment controller's revision number; 0 where there is none."""
    text = one.metadata.annotations.get(REVISION, "")
    return int(text) if text.isdigit() and len(text) < 10 else 0


def revisions(snapshot: ClusterSnapshot, one: Deployment) -> list[ReplicaSet]:
    """The Deployment's ReplicaSets, newest first."""
    sets = [o for o in snapshot.owned_by(one) if isinstance(o, ReplicaSet)]
    return sorted(sets, key=lambda s: (-revision(s), s.name))


def previous(snapshot: ClusterSnapshot, one: Deployment) -> str:
    """The number of the revision before the newest that still serves; "" where there is none to go
    back to."""
    older = [s for s in revisions(snapshot, one)[1:] if s.status.ready_replicas]
    return str(revision(older[0])) if older and revision(older[0]) else ""


def note(snapshot: ClusterSnapshot, one: Deployment) -> str:
    """Which ReplicaSet is the new one, what it changed, and whether an older one still serves."""
    sets = revisions(snapshot, one)
    if len(sets) < 2:
        return ""
    new, old = sets[0], [s for s in sets[1:] if s.status.ready_replicas]
    text = f"; the new ReplicaSet is {new.name} (revision {revision(new)})"
    if old and new.status.ready_replicas < new.spec.replicas:
        text += f", and {old[0].name} (revision {revision(old[0])}) still serves with "
        text += f"{counted(old[0].status.ready_replicas, 'pod')}"
    made = list(changes(sets[1], new))
    return text + (f"; it changed {listed(made, CHANGES_MOST)}" if made else "")


def changes(old: ReplicaSet, new: ReplicaSet) -> Iterator[str]:
    """The differences between two revisions that may matter, in words."""
    before = {c.name: c for c in _containers(old)}
    after = {c.name: c for c in _containers(new)}
    for name in after.keys() - before.keys():
        yield f"container {name} (added)"
    for name in before.keys() - after.keys():
        yield f"container {name} (removed)"
    for name in sorted(before.keys() & after.keys()):
        yield from _container(before[name], after[name])
    was, now = old.spec.template.spec, new.spec.template.spec
    for what, one, other in (
        ("nodeSelector", was.node_selector, now.node_selector),
        ("affinity", was.affinity, now.affinity),
        ("tolerations", was.tolerations, now.tolerations),
        ("volumes", was.volumes, now.volumes),
        ("the service account", was.service_account_name, now.service_account_name),
        ("dnsPolicy", was.dns_policy, now.dns_policy),
    ):
        if one != other:
            yield what


def _containers(one: ReplicaSet) -> tuple[Container, ...]:
    spec = one.spec.template.spec
    return (*spec.init_containers, *spec.containers)


def _container(old: Container, new: Container) -> Iterator[str]:
    if old.image != new.image:
        yield f"image {old.image} → {new.image}"
    if (old.command, old.args) != (new.command, new.args):
        yield f"command of {new.name}: {sentence(' '.join((*new.command, *new.args)), 80)}"
    yield from _environment(old, new)
    for kind in ("requests", "limits"):
        one, other = getattr(old.resources, kind), getattr(new.resources, kind)
        for name in sorted(one.keys() | other.keys()):
            if one.get(name) != other.get(name):
                yield f"{name} {kind[:-1]} {one.get(name, 'none')} → {other.get(name, 'none')}"
    for which in ("readiness", "liveness", "startup"):
        was, now = getattr(old, f"{which}_probe"), getattr(new, f"{which}_probe")
        if was != now:
            yield f"the {which} probe ({_probe(was)} → {_probe(now)})"
    if old.ports != new.ports:
        yield f"ports of {new.name}"


def _environment(old: Container, new: Container) -> Iterator[str]:
    was, now = ({v.name: v for v in c.env} for c in (old, new))
    for name in sorted(was.keys() | now.keys()):
        if name not in now:
            yield f"variable {name} (removed)"
        elif name not in was:
            yield f"variable {name} (added)"
        elif was[name] != now[name]:
            yield f"variable {name} ({_value(was[name])} → {_value(now[name])})"
    if old.env_from != new.env_from:
        yield f"envFrom of {new.name}"


def _value(variable: EnvVar) -> str:
    chosen = variable.value_from
    ref = chosen and (chosen.secret_key_ref or chosen.config_map_key_ref)
    return f"{ref.name}/{ref.key}" if ref else sentence(variable.value, 40) or '""'


def _probe(probe: Probe | None) -> str:
    if probe is None:
        return "none"
    check = probe.http_get or probe.tcp_socket or probe.grpc
    if check is None:
        return "command"
    return f"{getattr(check, 'path', '')}:{check.port}".lstrip(":")
