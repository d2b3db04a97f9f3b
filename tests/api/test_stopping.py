"""SIGTERM: streams end with a state from which the work is taken up again."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.api.conftest import serving, signed
from tests.api.test_chat import QUESTION, events
from tests.telemetry.test_traces import Collector, collecting
from workbench.api.admission import Admission
from workbench.api.server import Server

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SENT = f"00-{TRACE}-{PARENT}-01"
HEADERS = {"Authorization": f"Bearer {signed('stopping-ann')}"}


def attributes(span: Span) -> dict[str, str]:
    return {a.key: a.value.string_value or str(a.value.int_value) for a in span.attributes}


def check_traces(collector: Collector, investigation: str) -> None:
    """A span for each request, under its own trace, and links between it and the investigation."""
    requests = [s for s in collector.spans if s.kind == Span.SPAN_KIND_SERVER]
    served = {s.trace_id.hex(): s for s in requests}
    assert len(requests) == 3
    asked = next(s for s in served.values() if s.name == "POST /api/chat/stream")
    assert attributes(asked)["http.response.status_code"] == "200"
    assert attributes(asked)["enduser.id"] == "stopping-ann@example.com"
    trace = investigation.replace("-", "")
    assert [link.trace_id.hex() for link in asked.links] == [trace]
    tools = [s for s in collector.spans if s.trace_id.hex() == trace and s.links]
    assert {link.trace_id for s in tools for link in s.links} == {asked.trace_id}
    assert attributes(served[TRACE])["http.response.status_code"] == "404"
    assert served[TRACE].parent_span_id.hex() == PARENT
    assert b"secret-word" not in b"".join(collector.bodies)


def test_a_stopped_server_ends_its_streams_and_the_next_one_goes_on(
    server_database: str, tmp_path: Path
) -> None:
    with (
        collecting() as collector,
        serving(server_database, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.address) as (
            address,
            process,
        ),
        httpx2.Client(base_url=address, headers=HEADERS, timeout=60) as client,
        client.stream("POST", "/api/chat/stream", json=QUESTION) as answer,
    ):
        label = answer.headers["x-investigation"]
        investigation = client.get(f"/api/investigations/{label}").json()["id"]
        nothing = f"/api/conversations/{investigation}?of=secret-word"
        missing = client.get(nothing, headers={"traceparent": SENT}).json()
        assert missing["trace"] == TRACE
        received = []
        for event in events(answer.iter_lines()):
            if not received:
                process.send_signal(signal.SIGTERM)
            received.append(event)
        assert process.wait(20) in (0, -signal.SIGTERM)
    check_traces(collector, investigation)
    last = received[-1]
    assert last["event"] in ("error", "done")
    assert [int(e["id"]) for e in received] == list(range(len(received)))
    if last["event"] == "error":
        assert last["data"]["step"]["cancelled"]
    with (
        serving(server_database, tmp_path) as (address, _),
        httpx2.Client(base_url=address, headers=HEADERS, timeout=60) as client,
    ):
        if last["event"] == "error":
            answer = client.post(f"/api/investigations/{label}/resume", json={})
            assert answer.status_code == 202
        with client.stream("GET", f"/api/investigations/{label}/stream") as followed:
            assert list(events(followed.iter_lines()))[-1]["event"] == "done"


class Slow:
    """What runs in a server that takes its time to stop."""

    def __init__(self) -> None:
        self.stopping, self.stopped = asyncio.Event(), asyncio.Event()

    async def close(self) -> None:
        self.stopping.set()
        await self.stopped.wait()


async def test_while_it_stops_nobody_new_comes_in_and_a_proxy_goes_elsewhere() -> None:
    app, slow = FastAPI(), Slow()
    app.state.live = app.state.runs = slow
    app.state.admission = Admission()
    server = Server(app, app, lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        served = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)
        (await asyncio.open_connection(*address))[1].close()
        server.should_exit = True
        await slow.stopping.wait()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        slow.stopped.set()
        await served
