"""Kubernetes names: their pieces, and what a generated name was generated from."""

from __future__ import annotations

import re

from workbench.core.cluster import ObjectRef

# Generated suffixes draw on this alphabet, which spells no words (apimachinery, util/rand).
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_SUFFIX = re.compile(rf"-(?:{_RANDOM}{{5}}|[0-9]{{1,10}}|(?=[a-z]*[0-9]){_RANDOM}{{6,10}})$")


def pieces(name: str) -> tuple[str, ...]:
    """``("shop", "web", "1")`` of ``shop/web-1``."""
    return tuple(p for p in re.split(r"[^a-z0-9]+", name.lower()) if p)


def stem(pod: str) -> str:
    """The workload's part of a pod's name: ``web`` of ``web-7d4b9c6f5-x2x9z`` and of ``web-0``."""
    name = pod
    for _ in range(2):
        shorter = _SUFFIX.sub("", name)
        if not shorter:
            break
        name = shorter
    return name


def workload(ref: ObjectRef) -> str:
    """A name that a workload, its pods and its services usually share."""
    return stem(ref.name) if ref.kind in {"Pod", "ReplicaSet", "Job"} else ref.name


def same_family(one: ObjectRef, other: ObjectRef) -> bool:
    """The same object, or a pod, replica set or service of the same workload by its name."""
    if one == other:
        return True
    if one.namespace != other.namespace or _FIXED & {one.kind, other.kind}:
        return False
    return workload(one) == workload(other)


# Kinds whose objects only resemble a workload by name and are never part of one.
_FIXED = {"Node", "Namespace", "PersistentVolume", "ConfigMap", "Secret", "ServiceAccount"}
