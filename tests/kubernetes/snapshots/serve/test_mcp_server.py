"""The served API with kubernetes-mcp-server, a Kubernetes client written in Go by others."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.snapshots.serve.test_kubectl import FROZEN

TOOLS = Path(__file__).parents[3] / "npm" / "node_modules"


class Server:
    """The server's process, asked over stdio."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._asked = 0

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._asked += 1
        await self._send({"id": self._asked, "method": method, "params": params})
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while line := await self._process.stdout.readline():
                answer = json.loads(line)
                if answer.get("id") == self._asked:
                    return dict(answer["result"])
        raise AssertionError("the server ended")

    async def start(self) -> None:
        info = {"name": "test", "version": "1"}
        await self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=info)
        await self._send({"method": "notifications/initialized"})

    async def call(self, tool: str, **arguments: str) -> tuple[bool, str]:
        """Whether it worked, and what it said."""
        answer = await self.ask("tools/call", name=tool, arguments=arguments)
        text = "\n".join(c.get("text", "") for c in answer["content"])
        return not answer.get("isError"), text

    async def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        await self._process.stdin.drain()


@pytest.fixture
async def server(kubeconfig: Path) -> AsyncIterator[Server]:
    """The installed binary on the served shop."""
    found = sorted(TOOLS.glob("kubernetes-mcp-server-*/bin/kubernetes-mcp-server-*"))
    binary = str(found[0]) if found else shutil.which("kubernetes-mcp-server")
    if binary is None:
        pytest.skip("kubernetes-mcp-server is not installed (scripts/npm-test-tools)")
    process = await asyncio.create_subprocess_exec(
        binary,
        *("--kubeconfig", str(kubeconfig)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=16 * 2**20,
    )
    try:
        started = Server(process)
        await started.start()
        yield started
    finally:
        process.terminate()
        await process.wait()


READS: list[tuple[str, dict[str, str], str]] = [
    ("configuration_view", {}, "snapshot-reader"),
    ("namespaces_list", {}, "shop"),
    ("events_list", {"namespace": "shop"}, "Back-off restarting failed container"),
    ("pods_list", {}, "CrashLoopBackOff"),
    ("pods_list_in_namespace", {"namespace": "shop", "labelSelector": "app=cart"}, "cart-1"),
    ("pods_get", {"namespace": "shop", "name": "web-1"}, "nodeName: node-1"),
    ("pods_log", {"namespace": "shop", "name": "web-1"}, "line 9"),
    ("pods_top", {"namespace": "shop", "name": "web-1"}, "100m"),
    ("nodes_top", {"name": "node-1"}, "25%"),
    ("resources_list", {"apiVersion": "apps/v1", "kind": "Deployment"}, "nginx:1.27"),
    ("resources_list", {"apiVersion": "acme.example/v1", "kind": "Widget"}, "first"),
    (
        "resources_get",
        {"apiVersion": "v1", "kind": "Secret", "name": "login", "namespace": "shop"},
        "password: KioqKioqKg==",  # asterisks
    ),
]


async def test_every_read_tool_works(server: Server) -> None:
    for tool, arguments, says in READS:
        worked, text = await server.call(tool, **arguments)
        assert worked, f"{tool}: {text}"
        assert says in text, tool


async def test_every_tool_is_tried(server: Server) -> None:
    listed = await server.ask("tools/list")
    reads = {t["name"] for t in listed["tools"] if t["annotations"].get("readOnlyHint")}
    assert reads - {tool for tool, _, _ in READS} <= {
        "nodes_log",  # through the kubelet, of which a snapshot holds nothing
        "nodes_stats_summary",
        "projects_list",  # a kind of OpenShift
    }


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("pods_delete", {"namespace": "shop", "name": "web-1"}),
        ("nodes_log", {"name": "node-1", "query": "kubelet"}),
        ("nodes_stats_summary", {"name": "node-1"}),
    ],
)
async def test_what_cannot_be_done_says_why(
    server: Server, tool: str, arguments: dict[str, str]
) -> None:
    worked, text = await server.call(tool, **arguments)
    assert not worked
    assert FROZEN in text
