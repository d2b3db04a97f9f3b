"""Small clusters in which something changed and something broke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef
from workbench.core.objects import BY_KIND, Custom, KubeObject
from workbench.core.objects.decode import convert_object

Tree = dict[str, Any]

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
WEB = ObjectRef("Deployment", "shop", "web")


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def time(minutes: float) -> str:
    return ago(minutes).isoformat()


def snapshot(*trees: Tree, logs: dict[str, str] | None = None) -> ClusterSnapshot:
    """A snapshot of the trees; logs by pod, all of container ``app`` in ``shop``."""
    objects: dict[str, tuple[KubeObject, ...]] = {}
    for tree in trees:
        found, _ = convert_object(tree, BY_KIND.get(tree["kind"], Custom))
        objects[found.kind] = (*objects.get(found.kind, ()), found)
    held = {LogKey("shop", pod, "app"): text for pod, text in (logs or {}).items()}
    return ClusterSnapshot(taken_at=NOW, objects=objects, logs=held)


def meta(name: str, owner: str = "", namespace: str = "shop", **more: Any) -> Tree:
    """``owner`` is ``Kind name``."""
    kind, _, above = owner.partition(" ")
    owners = [{"kind": kind, "name": above, "uid": f"{kind}-{above}", "controller": True}]
    return {
        "name": name,
        "namespace": namespace,
        **({"ownerReferences": owners} if owner else {}),
        **more,
    }


def wrote(manager: str, minutes: float, subresource: str = "") -> Tree:
    return {
        "manager": manager,
        "operation": "Update",
        "time": time(minutes),
        "subresource": subresource,
    }


def written(kind: str, name: str, minutes: float, manager: str = "argocd", **more: Any) -> Tree:
    managed = [wrote(manager, minutes)]
    made = time(60 * 24 * 30)
    return {
        "kind": kind,
        "metadata": meta(name, managedFields=managed, creationTimestamp=made),
        **more,
    }


def template(image: str = "web:1", **container: Any) -> Tree:
    one = {"name": "app", "image": image, **container}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [one]}}


def deployment(name: str = "web", *writes: Tree, **pods: Any) -> Tree:
    made = time(60 * 24 * 30)
    managed = {
        "managedFields": list(writes),
        "creationTimestamp": made,
        "uid": f"Deployment-{name}",
    }
    return {
        "kind": "Deployment",
        "metadata": meta(name, **managed),
        "spec": {"template": template(**pods)},
    }


def replica_set(name: str, revision: int, minutes: float, owner: str = "web", **pods: Any) -> Tree:
    number = {"deployment.kubernetes.io/revision": str(revision)}
    held = meta(
        name,
        f"Deployment {owner}",
        creationTimestamp=time(minutes),
        annotations=number,
        uid=f"ReplicaSet-{name}",
    )
    return {"kind": "ReplicaSet", "metadata": held, "spec": {"template": template(**pods)}}


def pod(name: str, owner: str = "ReplicaSet web-2", app: str = "web", **more: Any) -> Tree:
    container = {"name": "app", **more.pop("container", {})}
    return {
        "kind": "Pod",
        "metadata": meta(name, owner, labels={"app": app}, creationTimestamp=time(60 * 24)),
        "spec": {"nodeName": "node-1", "containers": [container]},
        "status": more,
    }


def event(
    about: str, reason: str, first: float, last: float | None = None, count: int = 1, **more: Any
) -> Tree:
    """``about`` is ``Kind name``; a Warning unless ``type`` says otherwise."""
    kind, _, name = about.partition(" ")
    return {
        "kind": "Event",
        "metadata": meta(f"{name}.{reason}.{first}"),
        "involvedObject": {
            "kind": kind,
            "namespace": "" if kind == "Node" else "shop",
            "name": name,
        },
        "reason": reason,
        "message": f"{reason} happened",
        "type": "Warning",
        "firstTimestamp": time(first),
        "lastTimestamp": time(first if last is None else last),
        "count": count,
        **more,
    }


def service(name: str, app: str, minutes: float = 60 * 24 * 30) -> Tree:
    return {**written("Service", name, minutes), "spec": {"selector": {"app": app}}}
