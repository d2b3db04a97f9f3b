"""Who serves an Ingress: the pods of its class's controller."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.analyzers.workload import ready
from workbench.core.cluster import ClusterSnapshot
from workbench.core.objects import Ingress, IngressClass, Pod
from workbench.core.objects.networking import BackendService

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"

NAME_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")


def class_of(snapshot: ClusterSnapshot, ingress: Ingress) -> IngressClass | None:
    """The Ingress's class, the default one where it names none."""
    name = ingress.spec.ingress_class_name or ingress.annotations.get(CLASS_ANNOTATION, "")
    if name:
        return snapshot.get(IngressClass, "", name)
    classes = snapshot.all(IngressClass)
    return next((c for c in classes if c.annotations.get(DEFAULT_CLASS) == "true"), None)


def controller_pod(snapshot: ClusterSnapshot, ingress: Ingress) -> Pod | None:
    """A ready pod of the controller, known by a name label that is a part of the controller's own
    name (``k8s.io/ingress-nginx``, ``traefik.io/ingress-controller``)."""
    class_ = class_of(snapshot, ingress)
    if class_ is None or not class_.spec.controller:
        return None
    memo = ("ingress controller", class_.spec.controller)
    if memo not in snapshot.memo:
        words = set(re.split(r"[/.]", class_.spec.controller)) - {"", "io", "com", "k8s"}
        snapshot.memo[memo] = next(
            (p for p in snapshot.all(Pod) if _named(p, words) and ready(p)), None
        )
    found: Pod | None = snapshot.memo[memo]
    return found


def _named(pod: Pod, words: set[str]) -> bool:
    return any(pod.labels.get(label) in words for label in NAME_LABELS)


def backends(ingress: Ingress) -> Iterator[BackendService]:
    """The Services the Ingress sends requests to."""
    choices = [p.backend for r in ingress.spec.rules if r.http for p in r.http.paths]
    for choice in (*choices, ingress.spec.default_backend):
        if choice and choice.service:
            yield choice.service
