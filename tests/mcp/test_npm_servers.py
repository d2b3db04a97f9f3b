"""Servers from npm that others wrote, used against a frozen cluster that refuses every change."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.records import MemoryRecord
from workbench.core.cluster import ClusterAddress
from workbench.core.tools import CallContext, McpServer, ToolSpec, Transport
from workbench.errors import ToolRefused
from workbench.kubernetes.snapshots.process import DEMO, frozen_cluster
from workbench.mcp.hub import ToolHub
from workbench.mcp.registry import kubernetes_server
from workbench.mcp.reviewed import REVIEWED
from workbench.mcp.stack import Governed, governed
from workbench.settings import Settings

EVERYTHING = "@modelcontextprotocol/server-everything/dist/index.js"
MODULES = Path(__file__).parents[1] / "npm" / "node_modules"


def installed(pattern: str) -> Path:
    found = sorted(MODULES.glob(pattern))
    if not found:
        pytest.skip(f"{pattern} is not installed (scripts/npm-test-tools)")
    return found[0]


def node(pattern: str, name: str, *args: str, **env: str) -> McpServer:
    """A server that runs in node."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    script = str(installed(pattern))
    return McpServer(name=name, command=program, args=(script, *args), env=env)


@pytest.fixture
def binary() -> Path:
    return installed("kubernetes-mcp-server-*/bin/kubernetes-mcp-server-*")


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[ClusterAddress]:
    async with frozen_cluster(DEMO, tmp_path) as cluster:
        yield cluster


@asynccontextmanager
async def used(
    server: McpServer, trusted: frozenset[str] = frozenset()
) -> AsyncIterator[tuple[Governed, dict[str, ToolSpec]]]:
    """The server's tools with every wrapper on, and what they are."""
    async with ToolHub([server], trusted) as hub:
        await hub.connect(server.name)
        tools = governed(hub, MemoryRecord())
        yield tools, {tool.name: tool for tool in await tools.list()}
        await tools.flush()


READS = {
    "namespaces_list": {},
    "events_list": {"namespace": "payments"},
    "pods_list": {},
    "pods_list_in_namespace": {"namespace": "payments"},
    "resources_list": {"apiVersion": "apps/v1", "kind": "Deployment"},
}


async def test_the_server_at_k8s_mcp_server_path_is_read_with_without_being_trusted(
    binary: Path, cluster: ClusterAddress, context: CallContext
) -> None:
    settings = Settings(mcp_server_path=str(binary), kubeconfig=cluster.kubeconfig)
    async with used(kubernetes_server(settings)) as (tools, specs):
        vouched = {spec.remote_name for spec in specs.values() if spec.read_only}
        assert vouched == set(REVIEWED["kubernetes-mcp-server"])
        for tool, arguments in READS.items():
            result = await tools.call(f"kube_{tool}", arguments, context)
            assert not result.failed, result.text
            assert result.text
        with pytest.raises(ToolRefused):
            await tools.call("kube_pods_delete", {"name": "x", "namespace": "payments"}, context)


async def test_what_nobody_reviewed_is_refused_with_the_line_that_would_accept_it(
    binary: Path, cluster: ClusterAddress, context: CallContext
) -> None:
    settings = Settings(mcp_server_path=str(binary), kubeconfig=cluster.kubeconfig)
    async with used(kubernetes_server(settings)) as (tools, _):
        with pytest.raises(ToolRefused) as refused:
            await tools.call("kube_configuration_view", {}, context)
    assert "workbench mcp accept kube configuration_view --reads" in refused.value.hint
    assert 'trusted_servers = ["kube"]' in refused.value.hint
    accepted = frozenset(("kube",))
    async with used(kubernetes_server(settings), accepted) as (tools, _):
        assert not (await tools.call("kube_configuration_view", {}, context)).failed


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@asynccontextmanager
async def listening(port: int, *command: str) -> AsyncIterator[None]:
    """The command as a process, once it accepts connections on the port."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PORT": str(port)},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def test_kubernetes_mcp_server_over_http(
    binary: Path, cluster: ClusterAddress, context: CallContext
) -> None:
    port = free_port()
    bind = ("--port", str(port), "--bind-address", "127.0.0.1")
    async with listening(port, str(binary), "--kubeconfig", cluster.kubeconfig, *bind):
        url = f"http://127.0.0.1:{port}/mcp"
        server = McpServer(name="k", transport=Transport.STREAMABLE_HTTP, url=url)
        async with used(server) as (_, specs):  # the reviewed table covers what runs here only
            assert not any(spec.read_only for spec in specs.values())
        async with used(server, frozenset(("k",))) as (tools, _):
            answers = await asyncio.gather(
                *(tools.call(f"k_{tool}", arguments, context) for tool, arguments in READS.items())
            )
            assert not any(answer.failed for answer in answers)


async def test_mcp_server_kubernetes(cluster: ClusterAddress, context: CallContext) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("mcp-server-kubernetes runs kubectl, which is not installed")
    server = node(
        "mcp-server-kubernetes/dist/index.js",
        "mk",
        KUBECONFIG_PATH=cluster.kubeconfig,
        KUBECONFIG=cluster.kubeconfig,
        ALLOW_ONLY_READONLY_TOOLS="true",
    )
    async with used(server, frozenset(("mk",))) as (tools, specs):
        assert specs["mk_kubectl_get"].read_only
        pods = {"resourceType": "pods", "namespace": "payments", "output": "name"}
        result = await tools.call("mk_kubectl_get", pods, context)
        assert not result.failed, result.text
        assert "payments-api" in result.text


async def test_server_everything_over_stdio(context: CallContext) -> None:
    await everything(node(EVERYTHING, "all", "stdio"), context)


@pytest.mark.parametrize(
    ("kind", "transport", "path"),
    [
        ("streamableHttp", Transport.STREAMABLE_HTTP, "/mcp"),
        ("sse", Transport.SSE, "/sse"),
    ],
)
async def test_server_everything_over_http(
    context: CallContext, kind: str, transport: Transport, path: str
) -> None:
    started = node(EVERYTHING, "all", kind)
    port = free_port()
    async with listening(port, started.command, *started.args):
        url = f"http://127.0.0.1:{port}{path}"
        await everything(McpServer(name="all", transport=transport, url=url), context)


async def everything(server: McpServer, context: CallContext) -> None:
    """Several of its tools at once, one of which reports progress on its way."""
    async with ToolHub([server]) as hub:
        await hub.connect("all")
        assert not any(tool.read_only for tool in await hub.list())
        echo, long = await asyncio.gather(
            hub.call("all_echo", {"message": "hello"}, context),
            hub.call("all_trigger-long-running-operation", {"duration": 1, "steps": 3}, context),
        )
        assert "hello" in echo.text
        assert "completed" in long.text
        image = await hub.call("all_get-tiny-image", {}, context)
        assert "[image image/png" in image.text
        assert await hub.ping("all") < 10
