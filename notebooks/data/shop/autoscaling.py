"""HorizontalPodAutoscalers and what their controller says of them."""

from __future__ import annotations

from datetime import datetime

from shop.cluster import Cluster, Object
from shop.controllers import millicores
from shop.objects import make
from shop.timeline import CATALOG_SCALED_UP, ago, stamp

_WELL = (
    ("AbleToScale", True, "ReadyForNewScale", "recommended size matches current size"),
    (
        "ScalingActive", True, "ValidMetricFound",
        "the HPA was able to successfully calculate a replica count from cpu resource utilization "
        "(percentage of request)",
    ),
    (
        "ScalingLimited", False, "DesiredWithinRange",
        "the desired count is within the acceptable range",
    ),
)  # fmt: skip


def autoscaler(cluster: Cluster, name: str, least: int, most: int, created: datetime) -> Object:
    """An autoscaler of the Deployment of the same name in shop, by CPU; its status is empty."""
    target = {"averageUtilization": 75, "type": "Utilization"}
    return cluster.add(
        make(
            "autoscaling/v2", "HorizontalPodAutoscaler", "shop", name, created,
            spec={
                "maxReplicas": most,
                "metrics": [{"resource": {"name": "cpu", "target": target}, "type": "Resource"}],
                "minReplicas": least,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            },
        )
    )  # fmt: skip


def condition(type_: str, status: bool, reason: str, message: str, at: datetime) -> Object:
    return {
        "lastTransitionTime": stamp(at), "message": message, "reason": reason,
        "status": str(status), "type": type_,
    }  # fmt: skip


def deploy(cluster: Cluster) -> None:
    """The two that work: one at rest, one that scaled up within the last hour."""
    _working(cluster, "frontend", 3, 8, replicas=3, percent=48, scaled=ago(days=3))
    _working(cluster, "catalog", 2, 6, replicas=3, percent=71, scaled=CATALOG_SCALED_UP)
    scaled = cluster.get("HorizontalPodAutoscaler", "shop", "catalog")
    cluster.event(
        scaled, "SuccessfulRescale",
        "New size: 3; reason: cpu resource utilization (percentage of request) above target",
        component="horizontal-pod-autoscaler", at=CATALOG_SCALED_UP,
    )  # fmt: skip
    deployment = cluster.get("Deployment", "shop", "catalog")
    newest = cluster.owned("ReplicaSet", deployment)[-1]["metadata"]["name"]
    cluster.event(
        deployment, "ScalingReplicaSet", f"Scaled up replica set {newest} from 2 to 3",
        component="deployment-controller", at=CATALOG_SCALED_UP,
    )  # fmt: skip


def _working(
    cluster: Cluster, name: str, least: int, most: int, *, replicas: int, percent: int,
    scaled: datetime,
) -> None:  # fmt: skip
    made = autoscaler(cluster, name, least, most, ago(days=201))
    container = cluster.get("Deployment", "shop", name)["spec"]["template"]["spec"]["containers"][0]
    asked = millicores(container["resources"]["requests"]["cpu"])
    current = {"averageUtilization": percent, "averageValue": f"{asked * percent // 100}m"}
    made["status"] = {
        "conditions": [condition(*told, scaled) for told in _WELL],
        "currentMetrics": [{"resource": {"current": current, "name": "cpu"}, "type": "Resource"}],
        "currentReplicas": replicas,
        "desiredReplicas": replicas,
        "lastScaleTime": stamp(scaled),
    }
