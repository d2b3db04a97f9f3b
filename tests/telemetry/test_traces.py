"""Traces as a collector gets them, from whole commands."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.http_server import Handler, listening

ROOT = Path(__file__).parents[2]
QUESTION = "why is checkout failing?"


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


def ask(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", "ask", "--snapshot", "demo", "--json", QUESTION],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Collector]:
    """The UUID of an investigation, and what was collected from it."""
    folder = tmp_path_factory.mktemp("traces")
    with collecting() as collector:
        done = ask(
            folder,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.address,
            WORKBENCH_DATA_DIR=str(folder / "data"),
            HOME=str(folder),
        )
        assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)["id"], collector


def test_everything_of_an_investigation_is_in_the_trace_of_its_uuid(
    asked: tuple[str, Collector],
) -> None:
    investigation, collector = asked
    names = [span.name for span in collector.spans]
    assert "execute_tool kube_diagnose" in names
    assert any(name.startswith("chat ") for name in names)
    trace = investigation.replace("-", "")
    elsewhere = {span.name for span in collector.spans if span.trace_id.hex() != trace}
    assert elsewhere <= {"MCP send initialize", "MCP send tools/list"}  # connecting, before it


def test_a_tool_span_names_the_evidence(asked: tuple[str, Collector]) -> None:
    _, collector = asked
    tool = next(s for s in collector.spans if s.name == "execute_tool kube_diagnose")
    said = {a.key: a.value.string_value for a in tool.attributes}
    assert said["workbench.evidence"] == "E1"
    assert said["workbench.surface"] == "cli"
    assert said["k8s.cluster.name"] == "demo-shop"


def test_nothing_that_was_said_or_seen_goes_along(asked: tuple[str, Collector]) -> None:
    _, collector = asked
    everything = b"".join(collector.bodies)
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
