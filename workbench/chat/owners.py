"""Who made the object of a finding and what it made in turn, opened where the finding stands."""

from __future__ import annotations

from typing import Any

from workbench.chat.elements import button, node, region
from workbench.core.cluster import ObjectRef
from workbench.core.render import owners
from workbench.core.render.html import NOTHING, Html

KINDS = ("Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
"""Kinds that make others, or are made by others."""


def folded(subject: ObjectRef, number: int) -> Html:
    """The tree of an object, not looked up before it is opened; nothing for one without owners."""
    if subject.kind not in KINDS:
        return NOTHING
    name = f"owners-{number}"
    return node(
        "details",
        node("summary", "Owner tree"),
        region(name, node("span", "Looking …", class_="dim")),
        class_="owners",
        data_do="owners",
        data_kind=subject.kind,
        data_namespace=subject.namespace,
        data_name=subject.name,
        data_to=name,
    )


def opened(tree: dict[str, Any], evidence: str, investigation: str) -> Html:
    """The tree with the unhealthy path marked, and the call it came from."""
    told = button(evidence, do="evidence", data_evidence=evidence)
    tools = node("div", told, class_="tools")
    return node("div", owners.html(tree), tools, class_="wb", data_inv=investigation)
