from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from workbench.core.tools import McpServer, Transport
from workbench.errors import SettingsError, ToolServerDown
from workbench.mcp.connection import Connection
from workbench.mcp.references import resolved
from workbench.mcp.registry import (
    kubernetes_server,
    load_servers,
    own_servers,
    parse_servers,
    servers,
    trusted_servers,
)
from workbench.settings import Settings


def settings(**values: object) -> Settings:
    defaults: dict[str, object] = {"kubeconfig": "", "context": "", "mcp_server_path": ""}
    return Settings(**(defaults | values))  # type: ignore[arg-type]


def parse(entry: dict[str, object], name: str = "prom", key: str = "mcpServers") -> McpServer:
    (server,) = parse_servers(json.dumps({key: {name: entry}}).encode(), "mcp.json")
    return server


def test_the_built_in_server_runs_in_this_python_with_this_cluster() -> None:
    server = kubernetes_server(settings(kubeconfig="/k", context="prod"), {})
    assert server.command == sys.executable
    assert server.args == ("-m", "workbench.kubernetes.server", "--context", "prod")
    assert server.env == {"KUBECONFIG": "/k"}


def test_in_a_pod_the_server_is_told_where_the_api_is() -> None:
    ours = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443", "X": "y"}
    server = kubernetes_server(settings(), ours)
    assert set(server.env) == {"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}


def test_another_server_takes_its_place_but_not_its_trust(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.touch()
    other = settings(mcp_server_path=str(script))
    assert kubernetes_server(other, {}).args == (str(script),)
    assert own_servers(other) == trusted_servers(other) == frozenset()
    assert own_servers(settings()) == {"kube"}
    accepted = settings(mcp_server_path=str(script), trusted_servers=("kube",))
    assert (own_servers(accepted), trusted_servers(accepted)) == (frozenset(), {"kube"})


def test_another_server_must_be_there_and_runnable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not a file"):
        kubernetes_server(settings(mcp_server_path=str(tmp_path / "nothing")))
    binary = tmp_path / "server"
    binary.touch()
    with pytest.raises(SettingsError, match="may not be executed"):
        kubernetes_server(settings(mcp_server_path=str(binary)))
    binary.chmod(0o755)
    assert kubernetes_server(settings(mcp_server_path=str(binary))).command == str(binary)


def test_a_file_adds_servers_after_the_kubernetes_one(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text('{"mcpServers": {"logs": {"command": "logs-mcp", "args": ["--stdio"]}}}')
    assert [s.name for s in servers(settings(mcp_servers=path))] == ["kube", "logs"]
    with pytest.raises(SettingsError, match="cannot be read"):
        load_servers(tmp_path / "other.json")


@pytest.mark.parametrize(
    ("entry", "transport"),
    [
        ({"command": "x"}, Transport.STDIO),
        ({"url": "https://h/mcp"}, Transport.STREAMABLE_HTTP),
        ({"url": "wss://h/mcp"}, Transport.WEBSOCKET),
        ({"url": "https://h/sse", "type": "sse"}, Transport.SSE),
        ({"url": "https://h/mcp", "transport": "http"}, Transport.STREAMABLE_HTTP),
    ],
)
def test_the_transport_is_named_or_told_by_the_address(
    entry: dict[str, object], transport: Transport
) -> None:
    assert parse(entry).transport is transport


def test_a_file_as_vs_code_writes_it_is_read_too() -> None:
    server = parse({"type": "http", "url": "https://h", "headers": {"A": "b"}}, key="servers")
    assert (server.transport, server.headers) == (Transport.STREAMABLE_HTTP, {"A": "b"})


def test_references_are_kept_until_the_server_is_reached() -> None:
    entry = {
        "url": "https://${HOST:-h}/",
        "headers": {"Authorization": "Bearer ${env:TOKEN}"},
        "oauth": {"client_id": "wb", "client_secret": "${SECRET}", "issuer": "https://sso"},
    }
    server = parse(entry)
    assert server.headers == {"Authorization": "Bearer ${env:TOKEN}"}
    reached = resolved(server, {"TOKEN": "abc", "SECRET": "s"})
    assert (reached.url, reached.headers) == ("https://h/", {"Authorization": "Bearer abc"})
    assert reached.oauth is not None
    assert reached.oauth.client_secret == "s"
    with pytest.raises(SettingsError, match=r"prom needs the environment variable TOKEN"):
        resolved(server, {"SECRET": "s"})


async def test_a_variable_that_is_not_set_takes_down_its_server_only() -> None:
    server = McpServer(name="prom", command="x", env={"T": "${NO_SUCH_VARIABLE}"})
    with pytest.raises(ToolServerDown, match="NO_SUCH_VARIABLE"):
        await Connection(server).tools()


def test_registered_servers_are_used_unless_settings_name_another(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text('{"mcpServers": {"logs": {"command": "from-the-file"}}}')
    registered = (
        McpServer(name="logs", command="registered"),
        McpServer(name="prom", command="prom-mcp"),
        McpServer(name="kube", command="mine"),
    )
    kube, *others = servers(settings(mcp_servers=path), registered)
    assert kube.command == sys.executable
    assert [(s.name, s.command) for s in others] == [
        ("logs", "from-the-file"),
        ("prom", "prom-mcp"),
    ]


def test_workbench_toml_names_servers_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    toml = tmp_path / "workbench.toml"
    toml.write_text('[tool_servers.prom]\ncommand = "prom-mcp"\nargs = ["-v"]\n')
    assert [(s.name, s.args) for s in servers(settings())][1:] == [("prom", ("-v",))]
    toml.write_text("[tool_servers.prom]\nargs = []\n")
    with pytest.raises(
        SettingsError, match=r"workbench\.toml, tool_servers.*'prom' has no command"
    ):
        servers(settings())


def test_websocket_servers_are_off_until_a_setting_turns_them_on() -> None:
    server = McpServer(name="ws", transport=Transport.WEBSOCKET, url="ws://h")
    assert [s.enabled for s in servers(settings(), [server])] == [True, False]
    assert [s.enabled for s in servers(settings(mcp_websocket=True), [server])] == [True, True]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("nonsense", "not an mcpServers file"),
        ('{"mcpServers": {"a": {"command": 3}}}', r"Expected `str`, got `int`"),
        ('{"mcpServers": {"a": {}}}', "'a' has no command"),
        ('{"mcpServers": {"a": {"type": "sse"}}}', "'a' has no url"),
        ('{"mcpServers": {"a": {"command": "x", "url": "y"}}}', "a command and a url"),
        ('{"mcpServers": {"a": {"url": "ftp://h"}}}', "cannot be reached at"),
        ('{"mcpServers": {"a": {"url": "http://h:65536"}}}', "at most 65535"),
        ('{"mcpServers": {"a": {"type": "ws", "url": "https://h"}}}', "cannot be reached at"),
        ('{"mcpServers": {"a": {"type": "pigeon"}}}', "'pigeon', which is not known"),
        ('{"mcpServers": {"a b": {"command": "x"}}}', "cannot be called that"),
        ('{"mcpServers": {"kube": {"command": "x"}}}', "cannot be called that"),
    ],
)
def test_a_mistake_is_named(content: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        parse_servers(content.encode(), "mcp.json")
