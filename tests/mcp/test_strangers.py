"""Servers nobody here wrote, over every standard transport and both eras of the protocol."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from tests.mcp.conftest import SERVERS
from workbench.core.tools import CallContext, McpServer, OAuthClient, Transport
from workbench.errors import ToolServerDown
from workbench.mcp.hub import ToolHub

TRANSPORTS = {
    "streamable": (Transport.STREAMABLE_HTTP, "/mcp"),
    "modern": (Transport.STREAMABLE_HTTP, "/mcp"),
    "sse": (Transport.SSE, "/sse"),
}
TOKEN = "the-right-token"


@asynccontextmanager
async def fastmcp(kind: str, **env: str) -> AsyncIterator[McpServer]:
    """A FastMCP server over HTTP as a process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SERVERS / "fast_over_http.py"),
        kind,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **env},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        transport, path = TRANSPORTS[kind]
        yield McpServer(name="fast", transport=transport, url=f"http://127.0.0.1:{port}{path}")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def use(server: McpServer, context: CallContext) -> None:
    async with ToolHub([server], frozenset((server.name,))) as hub:
        await hub.connect(server.name)
        tools = {tool.name: tool for tool in await hub.list()}
        assert tools["fast_events"].read_only
        assert not tools["fast_delete_pod"].read_only
        events = await hub.call("fast_events", {"namespace": "shop", "limit": 3}, context)
        assert [e["reason"] for e in events.data] == ["BackOff-0", "BackOff-1", "BackOff-2"]
        broken = await hub.call("fast_broken", {}, context)
        assert broken.failed
        sizes = (10, 1000, 2_000_000)
        answers = await asyncio.gather(
            *(hub.call("fast_kilobyte", {"size": size}, context) for size in sizes)
        )
        assert [len(answer.text) for answer in answers] == list(sizes)
        assert await hub.ping(server.name) < 10


@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_a_fastmcp_server_is_used_over_http(kind: str, context: CallContext) -> None:
    async with fastmcp(kind) as server:
        await use(server, context)


async def test_a_fastmcp_script_is_used_by_its_path(context: CallContext) -> None:
    await use(
        McpServer(name="fast", command=sys.executable, args=(str(SERVERS / "fast.py"),)), context
    )


@pytest.mark.parametrize("kind", ["streamable", "sse"])
async def test_a_bearer_token_is_sent_from_the_environment(
    kind: str, context: CallContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fastmcp(kind, TOKEN=TOKEN) as server:
        async with ToolHub([server]) as hub:
            with pytest.raises(ToolServerDown, match="401"):
                await hub.connect("fast")
        monkeypatch.setenv("FAST_TOKEN", TOKEN)
        headers = {"Authorization": "Bearer ${FAST_TOKEN}"}
        await use(_with(server, headers=headers), context)


@pytest.mark.parametrize("kind", ["streamable", "sse"])
async def test_client_credentials_are_exchanged_for_a_token(
    kind: str, context: CallContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "s3cret")
    async with fastmcp(kind, TOKEN=TOKEN) as server:
        issuer = server.url.rpartition("/")[0]
        known = OAuthClient(client_id="wb", client_secret="${CLIENT_SECRET}", issuer=issuer)
        await use(_with(server, oauth=known), context)


async def test_client_credentials_go_to_their_issuer_only(
    context: CallContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "s3cret")
    async with fastmcp("streamable", TOKEN=TOKEN) as server:
        other = OAuthClient(
            client_id="wb", client_secret="${CLIENT_SECRET}", issuer="https://sso.example"
        )
        async with ToolHub([_with(server, oauth=other)]) as hub:
            with pytest.raises(ToolServerDown, match="issuer"):
                await hub.connect("fast")


def _with(server: McpServer, **changes: object) -> McpServer:
    return msgspec.structs.replace(server, **changes)
