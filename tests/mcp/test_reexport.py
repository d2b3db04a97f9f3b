"""The workbench served to others: over stdio, HTTP and WebSocket, and to another workbench."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from workbench.core.tools import CallContext, McpServer, ToolResult, ToolSpec, Transport
from workbench.errors import ToolRefused, ToolServerDown
from workbench.mcp.hub import ToolHub
from workbench.mcp.listen import MAX_REQUEST_BYTES, serve_http
from workbench.mcp.reexport import make_server

TOKEN = "the-right-token"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


class Exported:
    """Two tools as an open workbench would offer them."""

    async def list(self) -> tuple[ToolSpec, ...]:
        return (
            ToolSpec(
                name="kube_pods", server="kube", remote_name="pods", description="Lists pods.",
                input_schema=NO_ARGUMENTS, read_only=True,
            ),
            ToolSpec(
                name="kube_delete", server="kube", remote_name="delete", description="Deletes.",
                input_schema=NO_ARGUMENTS,
            ),
        )  # fmt: skip

    async def call(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        if name == "kube_delete":
            raise ToolRefused("kube_delete was not run: changes are off.", "Only read.")
        return ToolResult(text="web-1 Running", data=[{"name": "web-1"}], evidence="E7")


class Ask:
    spec = ToolSpec(
        name="ask", server="workbench", remote_name="ask", description="Asks.",
        input_schema={
            "type": "object",
            "properties": {"question": {"type": "string"}},
            "required": ["question"],
        },
        read_only=True,
    )  # fmt: skip

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        return ToolResult(text=f"looked into {arguments['question']}")


@asynccontextmanager
async def served(websocket: bool = False) -> AsyncIterator[str]:
    """The address under which the tools are served while the block runs."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = make_server(Exported(), Ask())
    task = asyncio.create_task(
        serve_http(server, token=TOKEN, websocket=websocket, on_ready=ready.set_result)
    )
    try:
        yield await asyncio.wait_for(ready, 10)
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with served() as address:
        yield address


def remote(address: str, transport: Transport = Transport.STREAMABLE_HTTP) -> McpServer:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return McpServer(
        name="other", transport=transport, url=address, headers=headers, prefix="",
        call_seconds=10, start_seconds=10,
    )  # fmt: skip


async def test_a_hub_may_have_a_remote_workbench_as_its_only_server(
    address: str, context: CallContext
) -> None:
    async with ToolHub([remote(address)], frozenset(("other",))) as hub:
        tools = {tool.name: tool for tool in await hub.list()}
        assert set(tools) == {"kube_pods", "kube_delete", "ask"}
        assert (tools["kube_pods"].read_only, tools["kube_delete"].read_only) == (True, False)
        pods = await hub.call("kube_pods", {}, context)
        assert (pods.text, pods.data) == ("web-1 Running", [{"name": "web-1"}])
        refused = await hub.call("kube_delete", {}, context)
        assert refused.failed
        assert "changes are off. Only read." in refused.text
        asked = await hub.call("ask", {"question": "why"}, context)
        assert asked.text == "looked into why"


async def test_the_evidence_label_goes_along(address: str) -> None:
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Accept": "application/json, text/event-stream",
    }
    call = {"name": "kube_pods", "arguments": {}}
    async with httpx2.AsyncClient(headers=headers) as client:
        begun = await client.post(address, json=INITIALIZE)
        session = {"mcp-session-id": begun.headers["mcp-session-id"]}
        message = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}
        answer = await client.post(address, json=message, headers=session)
    (data,) = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    assert json.loads(data[6:])["result"]["_meta"] == {"k8s-workbench/evidence": "E7"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": TOKEN}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "null"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Host": ""}, 403),
    ],
)
async def test_nobody_gets_in_without_the_token_or_from_another_page(
    address: str, headers: dict[str, str], status: int
) -> None:
    accept = {"Accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient() as client:
        answer = await client.post(address, json=INITIALIZE, headers=accept | headers)
    assert answer.status_code == status


async def test_a_request_over_the_limit_is_refused(address: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json, text/event-stream"}
    huge = {**INITIALIZE, "padding": "x" * MAX_REQUEST_BYTES}
    async with httpx2.AsyncClient(headers=headers) as client:
        assert (await client.post(address, json=huge)).status_code == 413


async def test_a_wrong_token_is_a_server_down_that_says_so(context: CallContext) -> None:
    async with served() as address:
        wrong = McpServer(name="other", transport=Transport.STREAMABLE_HTTP, url=address)
        async with ToolHub([wrong]) as hub:
            with pytest.raises(ToolServerDown, match="HTTP 401 Unauthorized"):
                await hub.connect("other")


# WebSocket --------------------------------------------------------------------------------------


def socket_address(address: str) -> str:
    return address.replace("http://", "ws://").replace("/mcp", "/ws")


async def test_websocket_is_off_unless_turned_on(address: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with pytest.raises(InvalidStatus):
        await connect(socket_address(address), additional_headers=headers)


async def test_tools_are_called_over_websocket(context: CallContext) -> None:
    async with served(websocket=True) as address:
        server = remote(socket_address(address), Transport.WEBSOCKET)
        async with ToolHub([server], frozenset(("other",))) as hub:
            await hub.list()
            results = await asyncio.gather(
                *(hub.call("ask", {"question": str(n)}, context) for n in range(10))
            )
    assert [r.text for r in results] == [f"looked into {n}" for n in range(10)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"},
    ],
)
async def test_a_socket_is_refused_before_it_opens(headers: dict[str, str]) -> None:
    async with served(websocket=True) as address:
        with pytest.raises(InvalidStatus, match="403"):
            await connect(socket_address(address), additional_headers=headers)


async def test_a_frame_over_the_limit_closes_the_socket() -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        served(websocket=True) as address,
        connect(socket_address(address), additional_headers=headers) as socket,
    ):
        await socket.send("x" * (MAX_REQUEST_BYTES + 1))
        with pytest.raises(ConnectionClosed, match="1009"):
            await asyncio.wait_for(socket.recv(), 10)
