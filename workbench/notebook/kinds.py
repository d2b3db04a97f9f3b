"""Kinds as people type them: ``pods``, ``po``, ``Pod``."""

from __future__ import annotations

from functools import cache

# kubectl reference, "Resource types": the short names people type most.
SHORT = {
    "po": "pods",
    "deploy": "deployments",
    "rs": "replicasets",
    "sts": "statefulsets",
    "ds": "daemonsets",
    "svc": "services",
    "ep": "endpoints",
    "ing": "ingresses",
    "cm": "configmaps",
    "ns": "namespaces",
    "no": "nodes",
    "pvc": "persistentvolumeclaims",
    "pv": "persistentvolumes",
    "hpa": "horizontalpodautoscalers",
    "pdb": "poddisruptionbudgets",
    "sa": "serviceaccounts",
    "netpol": "networkpolicies",
    "ev": "events",
}


def kinds() -> list[str]:
    """Every kind the workbench knows, in the plural that kubectl takes, and short names."""
    from workbench.core.objects import KINDS

    return sorted({*(kind.PLURAL for kind in KINDS), *SHORT})


def kind_of(word: str) -> str:
    """``Pod`` for ``pods``, ``pod``, ``po`` and ``Pod``; "" for what is no kind we know."""
    return _known().get(SHORT.get(word.lower(), word.lower()), "")


@cache
def _known() -> dict[str, str]:
    from workbench.core.objects import KINDS

    names = {kind.PLURAL: kind.KIND for kind in KINDS}
    return names | {kind.KIND.lower(): kind.KIND for kind in KINDS}
