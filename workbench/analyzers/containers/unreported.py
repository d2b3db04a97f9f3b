"""Pods whose status does not say yet what the kubelet's events do.

A status that was written before the kubelet first answered, or a list that somebody cut down, has
no container statuses; and a dump may hold events of pods and no pods at all. What the events say is
put in their place, so that every rule sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import is_

import msgspec

from workbench.analyzers.history import events
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import Container, ContainerStatus, Event, Pod
from workbench.core.objects.meta import Meta
from workbench.core.objects.pods import ContainerState, PodSpec, PodStatus, Waiting

ALONE = frozenset({Event.KIND, Pod.KIND, "Namespace", "Node", "ConfigMap", "Secret"})
"""Beside events nothing but these is looked at: no rule asks then which pods there are."""

_FIELD = re.compile(r"spec\.(?P<list>containers|initContainers)\{(?P<name>[^}]+)\}")

# kubelet: images/image_manager.go, kuberuntime_container.go, kuberuntime_manager.go
_WAITS = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        ("InvalidImageName", r"Failed to apply default image tag|InvalidImageName|parse image"),
        ("ErrImageNeverPull", r"ErrImageNeverPull|is not present with pull policy of Never"),
        ("ImagePullBackOff", r"^Failed to pull image|^Error: (?:ErrImagePull|ImagePullBackOff)"),
        ("ImagePullBackOff", r"^Back-off pulling image"),
        (
            "CreateContainerConfigError",
            r"^Error: (?:configmap|secret) \"[^\"]+\" not found|^Error: couldn't find key ",
        ),
        ("CrashLoopBackOff", r"^Back-off restarting failed container"),
    )
)
"""What a container waits for, by the message of an event."""


def with_what_events_say(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The snapshot, with what events tell of pods that have no statuses, or that are not in it when
    no pod is; the same one where there is nothing to add."""
    if not snapshot.all(Event):
        return snapshot
    pods = snapshot.all(Pod)
    told = [_told(snapshot, pod) for pod in pods]
    if not pods and snapshot.objects.keys() <= ALONE:
        told = [pod for pod in _only(snapshot) if pod.status.container_statuses]
    if len(told) == len(pods) and all(map(is_, told, pods)):
        return snapshot
    return replace(snapshot, objects={**snapshot.objects, Pod.KIND: tuple(told)})


def _told(snapshot: ClusterSnapshot, pod: Pod) -> Pod:
    status = pod.status
    if status.container_statuses or status.phase not in ("", "Pending"):
        return pod
    found = {n: w for n, w in dict(_waiting(events(snapshot, pod), pod.spec)).items() if w.reason}
    if not found:
        return pod
    statuses = tuple(
        ContainerStatus(name=name, state=ContainerState(waiting=waiting))
        for name, waiting in found.items()
    )
    told = msgspec.structs.replace(status, phase="Pending", container_statuses=statuses)
    return msgspec.structs.replace(pod, status=told)


def _waiting(told: Iterable[Event], spec: PodSpec) -> Iterator[tuple[str, Waiting]]:
    """Containers with what they wait for, by their last events; "" once that has come."""
    for event in told:
        field = _FIELD.search(event.involved_object.field_path)
        name = field["name"] if field else spec.containers[0].name if spec.containers else ""
        if not name or (field and field["list"] == "initContainers"):
            continue
        if event.reason == "Started":
            yield name, Waiting()
        for reason, pattern in _WAITS:
            if pattern.search(event.message):
                yield name, Waiting(reason=reason, message=event.message.removeprefix("Error: "))
                break


def _only(snapshot: ClusterSnapshot) -> Iterator[Pod]:
    """Pods of which there is nothing but events."""
    told: dict[ObjectRef, list[Event]] = {}
    for event in snapshot.all(Event):
        about = event.involved_object
        if about.kind == "Pod":
            ref = ObjectRef("Pod", about.namespace, about.name)
            told.setdefault(ref, []).append(event)
    for ref, own in told.items():
        if not any(event.type == "Warning" for event in own):
            continue
        fields = (_FIELD.search(e.involved_object.field_path) for e in own)
        names = dict.fromkeys(f["name"] for f in fields if f)
        yield _told(
            snapshot,
            Pod(
                metadata=Meta(name=ref.name, namespace=ref.namespace),
                spec=PodSpec(containers=tuple(Container(name=name) for name in names)),
                status=PodStatus(phase="Pending"),
            ),
        )
