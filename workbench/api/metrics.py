"""What the API counts, for Prometheus: requests, tool calls, investigations, spend, alerts,
connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from workbench.core.investigation import Concluded, Failed, Step
from workbench.investigations.live import Live
from workbench.investigations.workbench import Workbench
from workbench.runbooks.alerts import Received
from workbench.store.sweeps import Depth

NONE = "none"
"""Label of a route or tool that is not there: whoever makes names up does not fill the registry."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)


class Metrics:
    """Counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "workbench_http_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "workbench_http_request_seconds",
            "Until the answer was sent whole; a stream lasts as long as it is followed.",
            ["route", "method"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.calls = Counter(
            "workbench_tool_calls",
            "Tool calls by how they ended.",
            ["server", "tool", "outcome"],
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "workbench_tool_call_seconds",
            "Tool calls, their record included.",
            ["server", "tool"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.tokens = Counter(
            "workbench_model_tokens", "Model tokens.", ["direction"], registry=self.registry
        )
        self.dollars = Counter(
            "workbench_model_dollars", "Spent on models, as far as prices are known.",
            registry=self.registry,
        )  # fmt: skip
        self.ended = Counter(
            "workbench_investigations", "Investigations that ended here.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip

        self.items = Gauge(
            "workbench_sweep_items", "Items of sweeps that have not ended, here and elsewhere.",
            ["state"], registry=self.registry,
        )  # fmt: skip
        self.waited = Gauge(
            "workbench_sweep_waited_seconds", "How long the oldest item that could run has waited.",
            registry=self.registry,
        )  # fmt: skip
        self.refused = self.requests.labels(NONE, NONE, "503").inc
        """Counts a request that was told no before anybody looked what it was for."""
        self._of_alerts()

    def _of_alerts(self) -> None:
        """Counters of alerts, of what was begun for them, and of what was told about that."""
        self.alerts = Counter(
            "workbench_alerts", "Alerts told here, by what became of them.", ["became"],
            registry=self.registry,
        )  # fmt: skip
        self.new_alerts = Counter(
            "workbench_alerts_new", "Alerts told here that were not known.", registry=self.registry
        )
        self.looks = Counter(
            "workbench_alert_runs", "Runs for alerts told here: begun, or begun for others before.",
            ["how"], registry=self.registry,
        )  # fmt: skip
        self.messages = Gauge(
            "workbench_alert_messages", "Messages about looks that are kept, told by any worker.",
            ["state"], registry=self.registry,
        )  # fmt: skip

    def took(self, received: Received) -> None:
        """Count alerts that were told."""
        without = received.counted + received.resolved + received.without_look
        self.alerts.labels("counted").inc(received.counted)
        self.alerts.labels("resolved").inc(received.resolved)
        self.alerts.labels("without_look").inc(received.without_look)
        self.alerts.labels("looked_into").inc(received.told - without)
        self.new_alerts.inc(received.new)
        self.looks.labels("begun").inc(len(received.runs))
        self.looks.labels("shared").inc(len(received.shared))

    def told(self, messages: Mapping[str, int]) -> None:
        """Show how many messages are in which state."""
        for state, count in messages.items():
            self.messages.labels(state).set(count)

    def queue(self, depth: Depth) -> None:
        """Show how much there is for workers to do."""
        self.items.labels("queued").set(depth.queued)
        self.items.labels("running").set(depth.running)
        self.waited.set(depth.waited)

    def watch(self, workbench: Workbench, live: Live) -> None:
        """Show the state of what is open whenever somebody looks."""
        running = Gauge(
            "workbench_investigations_running", "Investigations under way here.",
            registry=self.registry,
        )  # fmt: skip
        running.set_function(lambda: live.running)
        self.registry.register(Connections(workbench))

    def heard(self, step: Step) -> None:
        """Count what an investigation came to and spent."""
        if not isinstance(step, Concluded | Failed):
            return
        outcome = "complete" if isinstance(step, Concluded) else "failed"
        if isinstance(step, Failed) and step.cancelled:
            outcome = "cancelled"
        self.ended.labels(outcome).inc()
        self.tokens.labels("input").inc(step.usage.input_tokens)
        self.tokens.labels("output").inc(step.usage.output_tokens)
        self.dollars.inc(float(step.usage.dollars or 0))

    def text(self) -> bytes:
        """In the Prometheus text format."""
        return generate_latest(self.registry)


class Connections(Collector):
    """Database connections in use and the state of tool servers, read when they are asked for."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        busy = GaugeMetricFamily(
            "workbench_database_connections_busy", "Database connections in use.", labels=["pool"]
        )
        most = GaugeMetricFamily(
            "workbench_database_connections_max", "Database connections at most.", labels=["pool"]
        )
        for name, use in self._workbench.store.use().items():
            busy.add_metric([name], use.busy)
            most.add_metric([name], use.most)
        up = GaugeMetricFamily(
            "workbench_tool_server_up", "1 while a tool server is connected.", labels=["server"]
        )
        circuit = GaugeMetricFamily(
            "workbench_tool_server_circuit",
            "1 for the state its circuit breaker is in.",
            labels=["server", "state"],
        )
        servers = self._workbench.servers
        for status in servers.status() if servers else ():
            up.add_metric([status.name], status.state.value == "up")
            for state in type(status.circuit):
                circuit.add_metric([status.name, state.value], status.circuit is state)
        yield from (busy, most, up, circuit)
