"""The kinds of Kubernetes by every name that kubectl takes for them."""

from __future__ import annotations

from workbench.core.objects import KINDS

_SHORT = {
    "cm": "ConfigMap",
    "crd": "CustomResourceDefinition",
    "crds": "CustomResourceDefinition",
    "cj": "CronJob",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "ep": "Endpoints",
    "ev": "Event",
    "hpa": "HorizontalPodAutoscaler",
    "ing": "Ingress",
    "limits": "LimitRange",
    "netpol": "NetworkPolicy",
    "no": "Node",
    "ns": "Namespace",
    "pc": "PriorityClass",
    "pdb": "PodDisruptionBudget",
    "po": "Pod",
    "pv": "PersistentVolume",
    "pvc": "PersistentVolumeClaim",
    "quota": "ResourceQuota",
    "rc": "ReplicationController",
    "rs": "ReplicaSet",
    "sa": "ServiceAccount",
    "sc": "StorageClass",
    "sts": "StatefulSet",
    "svc": "Service",
}
"""Short names of built-in kinds (kubectl api-resources)."""

_NAMES = {
    **_SHORT,
    **{kind.PLURAL: kind.KIND for kind in KINDS},
    **{kind.KIND.lower(): kind.KIND for kind in KINDS},
    **{kind.lower(): kind for kind in _SHORT.values()},
    **{f"{kind.lower()}s": kind for kind in _SHORT.values()},
}

OWN_KINDS = frozenset(_NAMES.values())
"""The kinds that are Kubernetes' own."""

CLUSTER_SCOPED = frozenset(kind.KIND for kind in KINDS if not kind.NAMESPACED)


def kind_name(word: str) -> str:
    """``Deployment`` for ``deploy``, ``deployments`` or ``deployments.v1.apps``; of a kind that is
    not Kubernetes' own the word itself."""
    typed = word.strip().lower()
    return _NAMES.get(typed) or _NAMES.get(typed.partition(".")[0]) or word.strip()
