"""What the controllers make of an application: Deployments with their revisions, StatefulSets,
DaemonSets, and the pods of each."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

from shop import identity
from shop.apps import App, Place, Revision, service_account, template
from shop.claims import bound_claim, claim_template
from shop.cluster import Cluster, Object
from shop.objects import make, written_by
from shop.pods import pod
from shop.timeline import after


def deployment(cluster: Cluster, app: App) -> list[Object]:
    """The Deployment, a ReplicaSet a revision, and the pods of those that have replicas."""
    newest = app.revisions[-1]
    made = cluster.add(
        make(
            "apps/v1", "Deployment", app.namespace, app.name, app.created,
            labels=app.all_labels, generation=newest.number + 3,
            annotations={"deployment.kubernetes.io/revision": str(newest.number)},
            spec=_deployment_spec(app, newest),
        )
    )  # fmt: skip
    fields = ("spec/template/spec/containers", "spec/replicas", "spec/selector", "spec/strategy")
    written_by(made, "argocd-controller", newest.at, *fields)
    pods: list[Object] = []
    places = iter(app.places)
    for revision in app.revisions:
        owner = _replica_set(cluster, app, made, revision)
        for index in range(revision.replicas):
            at = after(revision.at, _step(app, index))
            pods.append(_replica(cluster, owner, next(places), at))
    service_account(cluster, app)
    return pods


def _deployment_spec(app: App, revision: Revision) -> Object:
    strategy: Object = {"type": app.strategy}
    if app.strategy == "RollingUpdate":
        strategy["rollingUpdate"] = {"maxSurge": "25%", "maxUnavailable": "25%"}
    return {
        "progressDeadlineSeconds": 600,
        "replicas": _wanted(app),
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": app.selector},
        "strategy": strategy,
        "template": template(app, revision.tag),
    }


def _wanted(app: App) -> int:
    """The replicas asked for: those of the fullest revision, the others being surge."""
    return max(revision.replicas for revision in app.revisions)


def _replica_set(cluster: Cluster, app: App, owner: Object, revision: Revision) -> Object:
    cut = template(app, revision.tag)
    hashed = {"pod-template-hash": identity.suffix(10, app.namespace, app.name, revision.tag)}
    cut["metadata"]["labels"] |= hashed
    wanted = _wanted(app)
    return cluster.add(
        make(
            "apps/v1", "ReplicaSet", app.namespace,
            f"{app.name}-{hashed['pod-template-hash']}", after(revision.at, _step(app, 0)),
            labels=cut["metadata"]["labels"], owner=owner, generation=2,
            annotations={
                "deployment.kubernetes.io/desired-replicas": str(wanted),
                "deployment.kubernetes.io/max-replicas": str(wanted + -(-wanted // 4)),
                "deployment.kubernetes.io/revision": str(revision.number),
            },
            spec={
                "replicas": revision.replicas,
                "selector": {"matchLabels": app.selector | hashed},
                "template": cut,
            },
        )
    )  # fmt: skip


STEP = 9
"""Seconds between two steps of a rollout: one pod up, one pod down, and so on."""


def _step(app: App, index: int) -> int:
    """How far into its rollout the ``index``-th pod of a revision was made, in seconds.

    Recreate takes the old pods away first; only then is there a new ReplicaSet.
    """
    if len(app.revisions) == 1:
        return 0
    return STEP if app.strategy == "Recreate" else index * 2 * STEP


def _replica(cluster: Cluster, owner: Object, place: Place, at: datetime) -> Object:
    name = owner["metadata"]["name"]
    unique = f"{name}-{identity.suffix(5, name, place.node, len(cluster.owned('Pod', owner)))}"
    created = place.created or at
    made = pod(cluster, owner["spec"]["template"], owner, unique, place.node, created)
    made["metadata"]["generateName"] = f"{name}-"
    return made


def stateful_set(cluster: Cluster, app: App) -> list[Object]:
    """The StatefulSet, its pods, and a claim and volume for each where it keeps data."""
    revision = app.revisions[-1]
    cut = template(app, revision.tag)
    hashed = f"{app.name}-{identity.suffix(10, app.namespace, app.name, revision.tag)}"
    made = cluster.add(
        make(
            "apps/v1", "StatefulSet", app.namespace, app.name, app.created,
            labels=app.all_labels, generation=revision.number,
            spec={
                "persistentVolumeClaimRetentionPolicy": {
                    "whenDeleted": "Retain", "whenScaled": "Retain",
                },
                "podManagementPolicy": "OrderedReady",
                "replicas": len(app.places),
                "revisionHistoryLimit": 10,
                "selector": {"matchLabels": app.selector},
                "serviceName": app.name,
                "template": cut,
                "updateStrategy": {"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"},
                "volumeClaimTemplates": [claim_template(app)] if app.claim else [],
            },
            status={"currentRevision": hashed, "updateRevision": hashed},
        )
    )  # fmt: skip
    service_account(cluster, app)
    return [_ordinal(cluster, app, made, index, place) for index, place in enumerate(app.places)]


def _ordinal(cluster: Cluster, app: App, owner: Object, index: int, place: Place) -> Object:
    name = f"{app.name}-{index}"
    cut = deepcopy(owner["spec"]["template"])
    cut["metadata"]["labels"] |= {
        "apps.kubernetes.io/pod-index": str(index),
        "controller-revision-hash": owner["status"]["updateRevision"],
        "statefulset.kubernetes.io/pod-name": name,
    }
    cut["spec"] |= {"hostname": name, "subdomain": app.name}
    if app.claim:
        claim = {"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}"}}
        cut["spec"]["volumes"] = [claim, *cut["spec"].get("volumes", [])]
        bound_claim(cluster, app, f"data-{name}", place.node)
    created = place.created or app.revisions[-1].at
    made = pod(cluster, cut, owner, name, place.node, created)
    made["metadata"]["generateName"] = f"{app.name}-"
    return made


def daemon_set(cluster: Cluster, app: App) -> list[Object]:
    """The DaemonSet and its pod on each of the given nodes."""
    revision = app.revisions[-1]
    cut = template(app, revision.tag)
    cut["spec"]["tolerations"] = [{"operator": "Exists"}]
    hashed = {"controller-revision-hash": identity.suffix(10, app.name, revision.tag)}
    made = cluster.add(
        make(
            "apps/v1", "DaemonSet", app.namespace, app.name, app.created,
            labels=app.all_labels, generation=revision.number,
            annotations={"deprecated.daemonset.template.generation": str(revision.number)},
            spec={
                "revisionHistoryLimit": 10,
                "selector": {"matchLabels": app.selector},
                "template": cut,
                "updateStrategy": {
                    "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}, "type": "RollingUpdate",
                },
            },
        )
    )  # fmt: skip
    service_account(cluster, app)
    pods = []
    for place in app.places:
        labelled = deepcopy(cut)
        labelled["metadata"]["labels"] |= hashed | {"pod-template-generation": str(revision.number)}
        name = f"{app.name}-{identity.suffix(5, app.name, place.node)}"
        created = place.created or revision.at
        pods.append(pod(cluster, labelled, made, name, place.node, created))
    return pods
