"""The parts that findings' codes play in a fault: what harms, what only restates, what reports."""

from __future__ import annotations

PROMOTED = frozenset(
    {"WORKLOAD_SCALED_TO_ZERO", "SERVICE_WITHOUT_ENDPOINTS", "NODE_CORDONED",
     "CONTAINER_CPU_AT_LIMIT", "DNS_MISCONFIGURED", "NETWORK_POLICY_SELECTS_NOTHING",
     "SERVICE_PORT_MISMATCH", "REPLICAS_DISAGREE"}
)  # fmt: skip
"""Codes that are harmless by themselves and a fault as soon as something suffers from them."""

CONSEQUENCES = frozenset(
    {
        "WORKLOAD_UNAVAILABLE", "WORKLOAD_DEGRADED", "ROLLOUT_STUCK", "SERVICE_WITHOUT_ENDPOINTS",
        "INGRESS_BACKEND_UNAVAILABLE", "ROUTE_BACKEND_UNAVAILABLE", "HPA_METRICS_UNAVAILABLE",
        "HPA_UNABLE_TO_SCALE", "PDB_BLOCKS_EVICTION", "WEBHOOK_UNAVAILABLE", "POD_NOT_READY",
        "API_SERVICE_UNAVAILABLE", "CONTROLLER_WARNS",
    }
)  # fmt: skip
"""Codes that only restate what a fault beneath them does; among equals they come last."""

BESIDE_THE_POINT = frozenset(
    {"STATEFUL_SET_SERVICE_MISSING", "IMAGE_PULL_SECRET_MISSING", "LOAD_BALANCER_PENDING",
     "SERVICE_PORT_MISMATCH", "RBAC_DENIED", "POD_EVICTED", "SERVICE_REFERENCE_MISSING",
     "SERVICE_PORT_NOT_EXPOSED", "ROLLOUT_HELD_BACK", "LOG_ERRORS", "LOG_TREND",
     "PEER_UNREACHABLE",
     "SERVICE_SELECTS_STRANGERS", "NODE_VERSION_SKEW", "POD_BYPASSES_CLUSTER_DNS"}
)  # fmt: skip
"""Codes that are faults of their own but do not make their object's replicas unavailable."""

EXPLAINS_SAME = {
    "POD_CRASH_LOOP": ("LIVENESS_PROBE_FAILING", "STARTUP_PROBE_FAILING", "RBAC_DENIED",
                       "SETTING_MISSING"),
    "POD_RESTARTING": ("LIVENESS_PROBE_FAILING", "STARTUP_PROBE_FAILING"),
    "READINESS_PROBE_FAILING": ("CONTAINER_CPU_AT_LIMIT",),
    "LIVENESS_PROBE_FAILING": ("CONTAINER_CPU_AT_LIMIT",),
    "LOG_TREND": ("CONTAINER_CPU_AT_LIMIT",),
    "CONTAINER_FAILED": ("RBAC_DENIED", "SETTING_MISSING"),
    "POD_UNSCHEDULABLE": ("CLAIM_MISSING",),
    "RESOURCE_NOT_READY": ("CUSTOM_REFERENCE_MISSING", "CERTIFICATE_EXPIRED"),
    "IMAGE_PULL_UNAUTHORIZED": ("IMAGE_PULL_SECRET_MISSING",),
    "GATEWAY_NOT_ACCEPTED": ("GATEWAY_CLASS_MISSING",),
    "GATEWAY_NOT_PROGRAMMED": ("GATEWAY_CLASS_MISSING",),
    "ROUTE_NOT_ACCEPTED": ("ROUTE_NOT_GRANTED", "ROUTE_GATEWAY_MISSING", "ROUTE_NOT_ALLOWED",
                           "ROUTE_BACKEND_MISSING", "ROUTE_PORT_MISSING"),
    "HPA_METRICS_UNAVAILABLE": ("HPA_TARGET_MISSING", "HPA_REQUESTS_MISSING"),
    "HPA_UNABLE_TO_SCALE": ("HPA_TARGET_MISSING",),
}  # fmt: skip
"""Which findings about the very same object explain which; consequences are explained by all."""


HARMFUL = frozenset(
    {
        "CHAOS_EXPERIMENT_RUNNING", "NETWORK_POLICY_BLOCKS", "NETWORK_POLICY_BLOCKS_DNS",
        "SERVICE_REFERENCE_MISSING", "SERVICE_PORT_NOT_EXPOSED", "POD_BYPASSES_CLUSTER_DNS",
        "CONFIG_KEY_MISSING", "CONFIG_MAP_MISSING", "SECRET_MISSING", "SERVICE_SELECTS_STRANGERS",
        "FAULT_FLAG_ON", "CUSTOM_REFERENCE_MISSING", "NETWORK_POLICY_SELECTS_NOTHING",
        "HPA_AT_MAXIMUM", "SETTING_STALE", "NODE_MACHINE_TROUBLE", "CERTIFICATE_FOR_OTHER_NAMES",
        "BROKER_ADVERTISES_LOOPBACK",
    }
)  # fmt: skip
"""Codes whose subject and related objects suffer from what they say."""

ON_THE_WAY = frozenset(
    {
        "TRAFFIC_FAULT_INJECTED",
        "SERVICE_ISOLATED",
        "SUBSET_MISSING",
        "SUBSET_WITHOUT_PODS",
        "MESH_DESTINATION_MISSING",
        "MUTUAL_TLS_MISMATCH",
    }
)
"""Codes of what stands between callers and the Services that they are related to."""

REPORTS = frozenset({"PEER_UNREACHABLE"})
"""Codes by which a healthy object only reports another one's fault, once that one is found."""

ON_THE_NETWORK = frozenset({"LOG_ERRORS", "PEER_UNREACHABLE", "LOG_TREND"})
"""Codes of logs, of which a node's network agent explains only what is about reaching others."""

CRASHES = frozenset({"POD_CRASH_LOOP", "CONTAINER_FAILED", "PEER_UNREACHABLE"})
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})
"""Kinds whose findings stand for their pods'."""

BREAKS_PODS = frozenset({"NODE_SUSPECT", "NODE_NOT_READY", "NODE_NETWORK_UNAVAILABLE"})
"""Of a node's troubles, those that can make a program on it fail."""

HARMLESS_ALONE = frozenset(
    {"MIGRATION_UNDER_WAY", "REPLICAS_DISAGREE", "ROLLOUT_HELD_BACK", "SERVICE_PORT_MISMATCH",
     "WORKLOAD_SCALED_UP"}
)  # fmt: skip
"""Codes that are notes until something suffers from what they say."""
