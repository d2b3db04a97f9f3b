"""What kubelets and controllers tell about pods that came up as they should."""

from __future__ import annotations

from datetime import datetime

from shop import identity
from shop.cluster import Cluster, Object
from shop.objects import make
from shop.timeline import after, parsed
from shop.workloads import STEP

CREATED = {
    "ReplicaSet": "Created pod: {pod}",
    "DaemonSet": "Created pod: {pod}",
    "Job": "Created pod: {pod}",
    "StatefulSet": "create Pod {pod} in StatefulSet {owner} successful",
}


def tell(cluster: Cluster) -> None:
    for pod in cluster.all("Pod"):
        _creation(cluster, pod)
        _start(cluster, pod)
    for deployment in cluster.all("Deployment"):
        _rollout(cluster, deployment)
    for job in cluster.all("Job"):
        _job(cluster, job)


def _creation(cluster: Cluster, pod: Object) -> None:
    meta, reference = pod["metadata"], pod["metadata"]["ownerReferences"][0]
    if reference["kind"] not in CREATED:
        return
    owner = cluster.get(reference["kind"], meta["namespace"], reference["name"])
    created = parsed(meta["creationTimestamp"])
    message = CREATED[reference["kind"]].format(pod=meta["name"], owner=reference["name"])
    component = f"{reference['kind'].lower()}-controller"
    cluster.event(owner, "SuccessfulCreate", message, component=component, at=created)
    scheduled = _condition_time(pod, "PodScheduled")
    if "nodeName" in pod["spec"] and scheduled:
        message = (
            f"Successfully assigned {meta['namespace']}/{meta['name']} to {pod['spec']['nodeName']}"
        )
        cluster.scheduler_event(pod, "Scheduled", message, at=scheduled, action="Binding")


def _condition_time(pod: Object, type_: str) -> datetime | None:
    for condition in pod["status"]["conditions"]:
        if condition["type"] == type_:
            return parsed(condition["lastTransitionTime"])
    return None


def _start(cluster: Cluster, pod: Object) -> None:
    """Pulled, Created and Started, counted once for every run of the container."""
    for status in pod["status"].get("containerStatuses", []):
        if "containerID" not in status:
            continue
        name, image = status["name"], status["image"]
        first = after(_condition_time(pod, "PodScheduled") or parsed(pod["status"]["startTime"]), 1)
        last = _last_start(status) if status["restartCount"] else first
        for reason, message in (
            ("Pulled", f'Container image "{image}" already present on machine'),
            ("Created", f"Created container: {name}"),
            ("Started", f"Started container {name}"),
        ):
            cluster.event(
                pod, reason, message, component="kubelet", host=pod["spec"]["nodeName"],
                container=name, first=first, at=last, count=status["restartCount"] + 1,
            )  # fmt: skip


def _last_start(status: Object) -> datetime:
    state = status["state"]
    run = state.get("running") or state.get("terminated") or status["lastState"]["terminated"]
    return parsed(run["startedAt"])


def _rollout(cluster: Cluster, deployment: Object) -> None:
    """The steps from the previous ReplicaSet to the newest."""
    owned = cluster.owned("ReplicaSet", deployment)
    new, wanted = owned[-1], deployment["spec"]["replicas"]
    old = owned[-2]["metadata"]["name"] if len(owned) > 1 else ""
    steps = _steps(deployment, new, old, wanted)
    first = [name for name, *_ in steps].index(new["metadata"]["name"])
    at = after(parsed(new["metadata"]["creationTimestamp"]), -first * STEP)
    for index, (name, before, count) in enumerate(steps):
        way, when = "up" if count > before else "down", after(at, index * STEP)
        cluster.event(
            deployment, "ScalingReplicaSet",
            f"Scaled {way} replica set {name} from {before} to {count}",
            component="deployment-controller", at=when,
        )  # fmt: skip
        if way == "down":
            replica_set = cluster.get("ReplicaSet", deployment["metadata"]["namespace"], name)
            _removal(cluster, replica_set, range(count, before), when)


def _removal(cluster: Cluster, replica_set: Object, positions: range, at: datetime) -> None:
    """Pods that a rollout took away: their events stay when they are gone."""
    meta = replica_set["metadata"]
    container = replica_set["spec"]["template"]["spec"]["containers"][0]["name"]
    for position in positions:
        name = f"{meta['name']}-{identity.suffix(5, meta['name'], 'gone', position)}"
        cluster.event(
            replica_set, "SuccessfulDelete", f"Deleted pod: {name}",
            component="replicaset-controller", at=at,
        )  # fmt: skip
        gone = make("v1", "Pod", meta["namespace"], name, at)
        cluster.event(
            gone, "Killing", f"Stopping container {container}", component="kubelet",
            host=f"worker-{1 + position % 2 * 2}", container=container, at=at,
        )  # fmt: skip


def _steps(deployment: Object, new: Object, old: str, wanted: int) -> list[tuple[str, int, int]]:
    name, replicas = new["metadata"]["name"], new["spec"]["replicas"]
    if not old:
        return [(name, 0, replicas)]
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        return [(old, wanted, 0), (name, 0, replicas)]
    steps = []
    for count in range(replicas):
        steps.append((name, count, count + 1))
        if replicas == wanted:
            steps.append((old, wanted - count, wanted - count - 1))
    return steps


def _job(cluster: Cluster, job: Object) -> None:
    meta, end = job["metadata"], job["status"]["conditions"][-1]
    started, ended = parsed(meta["creationTimestamp"]), parsed(end["lastTransitionTime"])
    parent = cluster.get("CronJob", meta["namespace"], meta["ownerReferences"][0]["name"])
    failed = end["type"] == "Failed"
    cluster.event(
        job, end["reason"] if failed else "Completed",
        end["message"] if failed else "Job completed",
        component="job-controller", at=ended, warning=failed,
    )  # fmt: skip
    for reason, message, at in (
        ("SuccessfulCreate", f"Created job {meta['name']}", started),
        ("SawCompletedJob", f"Saw completed job: {meta['name']}, condition: {end['type']}", ended),
    ):
        cluster.event(parent, reason, message, component="cronjob-controller", at=at)
