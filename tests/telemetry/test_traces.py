"""Traces as a collector gets them, from a whole server."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.api.conftest import fresh_database, open_folder, postgres_server, serving, signed
from tests.support.http_server import Handler, listening

__all__ = ["open_folder", "postgres_server"]

ROOT = Path(__file__).parents[2]
QUESTION = "why is checkout failing?"
SENDER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""Whoever sends the request is in this trace (W3C Trace Context)."""


class Collector:
    """What was exported to it, as bytes."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.address = ""

    @property
    def spans(self) -> list[Span]:
        found = []
        for body in self.bodies:
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found


@contextmanager
def collecting() -> Iterator[Collector]:
    """An OpenTelemetry collector that takes traces over HTTP."""
    collector = Collector()

    class Collecting(Handler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.bodies.append(body)
            self.answer()

    with listening(Collecting) as address:
        collector.address = address
        yield collector


class Asked(NamedTuple):
    """An investigation that a request began, its calls on record, and what was collected."""

    investigation: str
    calls: list[dict[str, Any]]
    collector: Collector

    def span(self, name: str) -> Span:
        return next(span for span in self.collector.spans if span.name == name)


@pytest.fixture(scope="module")
def asked(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    with collecting() as collector:
        exported = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address}
        folder = tmp_path_factory.mktemp("traces")
        with serving(fresh_database(postgres_server), folder, **exported) as (address, _):
            headers = {"Authorization": f"Bearer {signed('tracy')}", "traceparent": SENDER}
            with httpx2.Client(base_url=address, headers=headers, timeout=60) as client:
                made = client.post("/api/chat", json={"message": QUESTION}).json()
                calls = client.get("/api/audit").json()["items"]
    return Asked(made["id"], calls, collector)


def test_everything_of_an_investigation_is_in_the_trace_of_its_uuid(asked: Asked) -> None:
    names = [span.name for span in asked.collector.spans]
    assert "execute_tool kube_diagnose" in names
    trace = asked.investigation.replace("-", "")
    inside = {span.name for span in asked.collector.spans if span.trace_id.hex() == trace}
    assert {name for name in names if name.startswith(("chat ", "execute_tool "))} <= inside


def test_a_row_of_the_record_names_the_trace_that_leads_to_the_request(asked: Asked) -> None:
    call = next(call for call in asked.calls if call["tool"] == "kube_diagnose")
    tool, request = asked.span("execute_tool kube_diagnose"), asked.span("POST /api/chat")
    assert call["trace"] == tool.trace_id.hex()
    assert request.trace_id.hex() == SENDER.split("-")[1]
    assert call["trace"] in {link.trace_id.hex() for link in request.links}


def test_a_tool_span_names_the_evidence(asked: Asked) -> None:
    tool = asked.span("execute_tool kube_diagnose")
    said = {a.key: a.value.string_value for a in tool.attributes}
    assert said["workbench.evidence"] == "E1"
    assert said["workbench.surface"] == "api"
    assert said["k8s.cluster.name"] == "demo-shop"


def test_nothing_that_was_said_or_seen_goes_along(asked: Asked) -> None:
    everything = b"".join(asked.collector.bodies)
    for word in (b"why is checkout", b"PAYMENTS_DB_PASSWORD", b"crash-loops"):
        assert word not in everything


def test_without_a_collector_nothing_of_it_is_imported() -> None:
    code = (
        "import sys; from workbench.telemetry import traces; traces.start();"
        "from uuid import uuid4\n"
        "with traces.span('x', uuid4(), {}), traces.within(uuid4()): pass\n"
        "assert not traces.active() and 'opentelemetry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
