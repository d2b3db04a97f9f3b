"""Gateway API: classes and gateways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.presence import unlisted
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import error_text
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import (
    Condition,
    Gateway,
    GatewayClass,
    condition,
)

LISTENER_CONDITIONS = {
    "Conflicted": "True", "Accepted": "False", "ResolvedRefs": "False", "Programmed": "False",
}  # fmt: skip
"""Conditions of a listener and the status that means trouble (Gateway API, ListenerStatus)."""


def classes(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Gateway classes that no controller has accepted."""
    for one in snapshot.all(GatewayClass):
        accepted = condition(one.status.conditions, "Accepted")
        if accepted and accepted.status != "True":
            yield finding(
                "GATEWAY_CLASS_NOT_ACCEPTED",
                one,
                f"GatewayClass {one.name} is not accepted by {one.spec.controller_name}: "
                f"{told(accepted)}",
                [seen(one, "status.conditions[Accepted]", told(accepted))],
                since=accepted.last_transition_time,
            )


def gateways(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Gateways without a class, not accepted, or not programmed."""
    for one in snapshot.all(Gateway):
        name = one.spec.gateway_class_name
        if unlisted(snapshot, GatewayClass, "", name) and not _programmed(one):
            yield finding(
                "GATEWAY_CLASS_MISSING",
                one,
                f"Gateway {one.name} uses GatewayClass {name}, which does not exist",
                [seen(one, "spec.gatewayClassName", name)],
                related=[ObjectRef("GatewayClass", "", name)],
            )
        yield from _gateway_conditions(one)


def _programmed(one: Gateway) -> bool:
    report = condition(one.status.conditions, "Programmed")
    return report is not None and report.status == "True"


def _gateway_conditions(one: Gateway) -> Iterator[Finding]:
    for type_, code, says in (
        ("Accepted", "GATEWAY_NOT_ACCEPTED", "is not accepted"),
        ("Programmed", "GATEWAY_NOT_PROGRAMMED", "is not programmed"),
    ):
        report = condition(one.status.conditions, type_)
        if report and report.status != "True":
            yield finding(
                code,
                one,
                f"Gateway {one.name} {says}: {told(report)}",
                [seen(one, f"status.conditions[{type_}]", told(report))],
                since=report.last_transition_time,
            )
            return
    for listener in one.status.listeners:
        for type_, bad in LISTENER_CONDITIONS.items():
            report = condition(listener.conditions, type_)
            if report and report.status == bad:
                yield finding(
                    "GATEWAY_NOT_PROGRAMMED",
                    one,
                    f"Listener {listener.name} of Gateway {one.name} is not working: "
                    f"{told(report)}",
                    [seen(one, f"status.listeners[{listener.name}].{type_}", told(report))],
                    detail=listener.name,
                    since=report.last_transition_time,
                )
                break


def told(report: Condition) -> str:
    """A condition in words."""
    text = f"{report.type}={report.status}"
    text += f", reason {report.reason}" if report.reason else ""
    return text + (f": {error_text(report.message)}" if report.message else "")
