"""Brokers that send their clients elsewhere: a Kafka client asks any broker who leads a partition,
and connects to the address that this broker advertises (Kafka documentation, advertised.listeners).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from workbench.analyzers.networking.wiring import callers_of
from workbench.analyzers.report import finding, seen
from workbench.analyzers.wording import listed
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding
from workbench.core.objects import Deployment, Service, StatefulSet

Broker = Deployment | StatefulSet

_SETTING = re.compile(r"(?:^|_)ADVERTISED_LISTENERS$")
"""``KAFKA_ADVERTISED_LISTENERS``, or ``KAFKA_CFG_ADVERTISED_LISTENERS`` in Bitnami's image."""

_LOOPBACK = re.compile(r"//(?:localhost|127(?:\.\d+){3}|\[::1\]):(?P<port>\d+)")


def loopback(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Brokers that advertise the loopback address on the port at which other workloads call them:
    their clients then look for the broker in their own pod."""
    kinds: tuple[type[Broker], ...] = (StatefulSet, Deployment)
    for kind in kinds:
        for broker in snapshot.all(kind):
            for container in broker.spec.template.spec.containers:
                for variable in container.env:
                    if _SETTING.search(variable.name):
                        at = f"{container.name}].env[{variable.name}"
                        yield from _judged(snapshot, broker, at, variable.value)


def _judged(snapshot: ClusterSnapshot, broker: Broker, at: str, value: str) -> Iterator[Finding]:
    ports = {int(found["port"]) for found in _LOOPBACK.finditer(value)}
    sent = list(dict.fromkeys(_sent_away(snapshot, broker, ports))) if ports else []
    if sent:
        who = listed([f"{ref.kind} {ref.name}" for ref in sent], 4)
        yield finding(
            "BROKER_ADVERTISES_LOOPBACK",
            broker,
            f"{broker.KIND} {broker.name} advertises {value} to its clients, so that each looks "
            f"for it in its own pod: {who}",
            [seen(broker, f"spec.template.spec.containers[{at}]", value)],
            related=sent,
        )


def _sent_away(snapshot: ClusterSnapshot, broker: Broker, ports: set[int]) -> Iterator[ObjectRef]:
    """Who is set up to call the broker, by one of its Services, at one of the ports."""
    me, labels = ObjectRef.of(broker), broker.spec.template.metadata.labels.items()
    for service in snapshot.all(Service, broker.namespace):
        if service.spec.selector and service.spec.selector.items() <= labels:
            for call in callers_of(snapshot, service):
                if call.caller != me and call.port in {0, *ports}:
                    yield call.caller
