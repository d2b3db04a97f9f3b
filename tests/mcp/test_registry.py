from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from workbench.core.tools import Transport
from workbench.errors import SettingsError
from workbench.mcp.registry import (
    kubernetes_server,
    load_servers,
    parse_servers,
    servers,
    trusted_servers,
)
from workbench.settings import Settings


def settings(**values: object) -> Settings:
    defaults: dict[str, object] = {"kubeconfig": "", "context": "", "mcp_server_path": ""}
    return Settings(**(defaults | values))  # type: ignore[arg-type]


def parse(entry: dict[str, object], name: str = "prom", **ours: str) -> object:
    (server,) = parse_servers(json.dumps({"mcpServers": {name: entry}}).encode(), "mcp.json", ours)
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
    assert trusted_servers(other) == frozenset()
    assert trusted_servers(settings()) == {"kube"}
    accepted = settings(mcp_server_path=str(script), trusted_servers=("kube",))
    assert trusted_servers(accepted) == {"kube"}


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
    assert parse(entry).transport is transport  # type: ignore[attr-defined]


def test_variables_are_filled_in() -> None:
    entry = {"command": "x", "args": ["--port=${PORT:-80}"], "env": {"T": "${TOKEN}"}}
    server = parse(entry, TOKEN="abc")
    assert server.args == ("--port=80",)  # type: ignore[attr-defined]
    assert server.env == {"T": "abc"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("nonsense", "not an mcpServers file"),
        ("{}", "mcpServers"),
        ('{"mcpServers": {"a": {"command": 3}}}', r"Expected `str`, got `int`"),
        ('{"mcpServers": {"a": {}}}', "'a' has no command"),
        ('{"mcpServers": {"a": {"type": "sse"}}}', "'a' has no url"),
        ('{"mcpServers": {"a": {"command": "x", "url": "y"}}}', "a command and a url"),
        ('{"mcpServers": {"a": {"type": "pigeon"}}}', "'pigeon', which is not known"),
        ('{"mcpServers": {"a b": {"command": "x"}}}', "cannot be called that"),
        ('{"mcpServers": {"kube": {"command": "x"}}}', "cannot be called that"),
        ('{"mcpServers": {"a": {"command": "${NOPE}"}}}', "variable NOPE"),
    ],
)
def test_a_mistake_is_named(content: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        parse_servers(content.encode(), "mcp.json", {})
