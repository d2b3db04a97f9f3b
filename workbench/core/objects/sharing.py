"""Revisions of one workload hold what they have in common once, and so do its pods.

A Deployment keeps ten ReplicaSets that differ in little more than an image. Objects are frozen, so
nobody can tell that the rest of their templates is one.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import force_setattr

from workbench.core.objects.meta import KubeObject, Part
from workbench.core.objects.pods import Pod, PodSpec, PodTemplate
from workbench.core.objects.texts import Texts
from workbench.core.objects.workloads import (
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)

MAKERS = Deployment | ReplicaSet | StatefulSet | DaemonSet | Job | ReplicationController
"""Kinds with the template of the pods that they make."""

_SPEC = ("init_containers", "volumes", "tolerations", "affinity")
_CONTAINER = (
    *("env", "env_from", "ports", "resources", "volume_mounts"),
    *("liveness_probe", "readiness_probe"),
)
"""What takes up memory and seldom changes."""


class Sharing:
    """What was seen so far in one reading of a cluster, whatever its kind.

    Makers of pods are compared with the first seen of their family: what has the same owner, and
    that owner. Of pods only the first of an owner is, for the rest has the same texts.
    """

    def __init__(self) -> None:
        self.texts = Texts()
        self._families: dict[str, PodSpec] = {}

    def share(self, objects: Sequence[KubeObject]) -> None:
        """Let objects of one kind refer to what equals that of their families."""
        if objects and isinstance(objects[0], Pod):
            for pod in objects:
                self._pod(pod)  # type: ignore[arg-type]
        elif objects and isinstance(objects[0], MAKERS):
            for maker in objects:
                self._maker(maker)  # type: ignore[arg-type]

    def _pod(self, pod: Pod) -> None:
        for owner in pod.metadata.owner_references:
            known = self._families.setdefault(owner.uid, pod.spec)
            if pod.spec.containers is not known.containers:
                _alike(pod.spec, known)

    def _maker(self, maker: MAKERS) -> None:
        template: PodTemplate = maker.spec.template
        if template.metadata.labels == maker.metadata.labels:
            force_setattr(template.metadata, "labels", maker.metadata.labels)
        uids = (maker.metadata.uid, *(o.uid for o in maker.metadata.owner_references))
        known = next((f for uid in uids if (f := self._families.get(uid))), template.spec)
        for uid in uids:
            self._families.setdefault(uid, known)
        if template.spec is not known:
            _alike(template.spec, known)


def _alike(spec: PodSpec, known: PodSpec) -> None:
    """Let a pod spec refer to all that equals the known one's, down to parts of containers."""
    _refer(spec, known, _SPEC)
    if spec.containers == known.containers:
        force_setattr(spec, "containers", known.containers)
        return
    for one, other in zip(spec.containers, known.containers, strict=False):
        _refer(one, other, _CONTAINER)


def _refer(part: Part, known: Part, names: tuple[str, ...]) -> None:
    """Let fields of ``part`` refer to those of ``known`` that equal them."""
    for name in names:
        common = getattr(known, name)
        value = getattr(part, name)
        if value is not common and value == common:
            force_setattr(part, name, common)
