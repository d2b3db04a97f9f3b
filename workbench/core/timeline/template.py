"""How two pod templates differ, in words. Values of variables are left out: they may be secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from workbench.core.objects import Container, PodSpec, Probe
from workbench.core.objects.pods import PodTemplate

RESTARTED = "kubectl.kubernetes.io/restartedAt"
_PROBES = ("liveness_probe", "readiness_probe", "startup_probe")
_TOLD = frozenset({"name", "image", "env", "env_from", "resources", *_PROBES})
_OTHER = tuple(f for f in Container.__struct_fields__ if f not in _TOLD)
_SPEC = tuple(f for f in PodSpec.__struct_fields__ if not f.endswith("containers"))
"""The other fields that are read of a container and of a pod; of these only that they changed."""


def differences(before: PodTemplate, now: PodTemplate) -> tuple[str, ...]:
    """One phrase a difference: ``image 1.4 → 1.5``, ``env +DB_HOST``, ``memory limit 1Gi → 2Gi``.

    Phrases name the container only where there are several.
    """
    return (*_containers(before, now), *_rest(before, now))


def _containers(before: PodTemplate, now: PodTemplate) -> Iterator[str]:
    olds = {c.name: c for c in (*before.spec.init_containers, *before.spec.containers)}
    news = {c.name: c for c in (*now.spec.init_containers, *now.spec.containers)}
    for name in dict.fromkeys((*olds, *news)):
        old, new = olds.get(name), news.get(name)
        label = f"{name}: " if len({*olds, *news}) > 1 else ""
        if old is None:
            yield f"container {name} added"
        elif new is None:
            yield f"container {name} removed"
        else:
            yield from (f"{label}{phrase}" for phrase in _container(old, new))


def _container(old: Container, new: Container) -> Iterator[str]:
    if old.image != new.image:
        yield f"image {_images(old.image, new.image)}"
    env = _env(old, new)
    if env:
        yield f"env {env}"
    yield from _resources("request", old.resources.requests, new.resources.requests)
    yield from _resources("limit", old.resources.limits, new.resources.limits)
    for field in _PROBES:
        yield from _probe(field.replace("_", " "), getattr(old, field), getattr(new, field))
    for field in _OTHER:
        if getattr(old, field) != getattr(new, field):
            yield f"{field.replace('_', ' ')} changed"


def _images(old: str, new: str) -> str:
    """The images, without the repository where it is the same: ``3.7.2 → 3.8.0``."""
    home, colon, tag = old.rpartition(":")
    if colon and "/" not in tag and new.startswith(f"{home}:"):
        return f"{tag} → {new.removeprefix(home + ':')}"
    return f"{old} → {new}"


def _env(old: Container, new: Container) -> str:
    olds, news = ({v.name: v for v in c.env} for c in (old, new))
    words = [f"+{n}" for n in news if n not in olds]
    words += [f"-{n}" for n in olds if n not in news]
    words += [f"~{n}" for n in news if n in olds and news[n] != olds[n]]
    if old.env_from != new.env_from:
        words.append("~envFrom")
    return " ".join(words)


def _resources(which: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield f"{name} {which} {old.get(name, 'none')} → {new.get(name, 'none')}"


def _probe(title: str, old: Probe | None, new: Probe | None) -> Iterator[str]:
    if old == new:
        return
    if old is None or new is None:
        yield f"{title} {'added' if old is None else 'removed'}"
        return
    fields = [f for f in Probe.__struct_fields__ if getattr(old, f) != getattr(new, f)]
    words = (
        f"{f.rstrip('_')} {_short(getattr(old, f))} → {_short(getattr(new, f))}" for f in fields
    )
    yield f"{title} {', '.join(words)}"


def _rest(before: PodTemplate, now: PodTemplate) -> Iterator[str]:
    for field in _SPEC:
        if getattr(before.spec, field) != getattr(now.spec, field):
            yield f"{field.replace('_', ' ')} changed"
    old, new = before.metadata.annotations, now.metadata.annotations
    if old.get(RESTARTED) != new.get(RESTARTED):
        yield "restarted by hand"
    changed = [k for k in {**old, **new} if old.get(k) != new.get(k) and k != RESTARTED]
    if changed:
        yield f"annotations {', '.join(sorted(changed)[:5])}"


def _short(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        parts = msgspec.to_builtins(value).items()
        return " ".join(f"{k} {v}" for k, v in parts)[:80]
    return "none" if value is None else str(value)[:80]
