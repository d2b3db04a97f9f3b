from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

import pytest

from workbench.core.tools import CallContext, McpServer
from workbench.mcp.hub import ToolHub
from workbench.mcp.stdio import STDERR_BYTES, open_stdio, server_environment


def python(code: str, **changes: object) -> McpServer:
    return McpServer(name="x", command=sys.executable, args=("-S", "-c", code), **changes)  # type: ignore[arg-type]


async def soon_gone(pid: int) -> bool:
    for _ in range(500):
        if gone(pid):
            return True
        await asyncio.sleep(0.01)
    return False


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as stat:  # a zombie that nobody reaps yet is gone too
        return stat.read().rpartition(")")[2].split()[0] == "Z"


def test_a_server_inherits_only_what_the_list_allows() -> None:
    ours = {"PATH": "/bin", "LC_ALL": "C", "AWS_SECRET_ACCESS_KEY": "x", "KUBECONFIG": "/k"}
    server = McpServer(name="x", env={"KUBECONFIG": "/mine"})
    expected = {"PATH": "/bin", "LC_ALL": "C", "KUBECONFIG": "/mine"}
    assert server_environment(server, ours) == expected


async def test_the_process_really_runs_with_that_environment(
    stub: Callable[..., McpServer], context: CallContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not for tools")
    async with ToolHub([stub()], frozenset()) as hub:
        result = await hub.call("stub_env", {}, context)
    assert "LEDGER" in result.data
    assert "ANTHROPIC_API_KEY" not in result.data
    assert "KUBECONFIG" not in result.data


async def test_a_server_that_ignores_a_closed_stdin_and_sigterm_is_killed() -> None:
    code = "import signal,time; signal.signal(15,1)\nprint('up',flush=True); time.sleep(99)"
    async with open_stdio(python(code), 1000) as channel:
        async for _ in channel.messages():
            break
        pid = channel.pid
    assert await soon_gone(pid)
    assert "killed by SIGKILL" in channel.epitaph()


async def test_children_of_a_server_go_with_it() -> None:
    code = "import os,time; pid=os.fork(); pid or time.sleep(99); print(pid,flush=True)"
    async with open_stdio(python(code), 1000) as channel:
        child = [int(bytes(line)) async for line in channel.messages() if isinstance(line, bytes)]
    assert await soon_gone(child[0])


async def test_only_the_newest_of_stderr_is_kept() -> None:
    code = "import sys; sys.stderr.write('old\\n'*10**6 + 'out of luck\\n'); sys.exit(4)"
    async with open_stdio(python(code), 1000) as channel:
        assert [line async for line in channel.messages()] == []
    assert channel.epitaph().startswith("exit code 4; stderr: old")
    assert channel.epitaph().endswith("out of luck")
    assert len(channel.epitaph()) < 200
    assert len(channel.stderr) == STDERR_BYTES


async def test_what_a_server_says_last_holds_no_secrets() -> None:
    code = "import sys; sys.stderr.write('no login with password=' + 'hunter' + '22x'); sys.exit(4)"
    async with open_stdio(python(code), 1000) as channel:
        assert [line async for line in channel.messages()] == []
    assert channel.epitaph() == "exit code 4; stderr: no login with password=«redacted:value»"


async def test_one_enormous_line_on_stderr_does_not_fill_an_error() -> None:
    code = "import sys; sys.stderr.write('x'*10**6); sys.exit(4)"
    async with open_stdio(python(code), 1000) as channel:
        assert [line async for line in channel.messages()] == []
    assert len(channel.epitaph()) < 1100


async def test_a_command_that_does_not_exist_is_an_os_error(
    stub: Callable[..., McpServer],
) -> None:
    with pytest.raises(OSError, match="no-such-command"):
        async with open_stdio(stub(command="no-such-command"), 1000):
            pass
