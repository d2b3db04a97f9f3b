"""What code in a kernel can try with its person's token: none of it reaches the cluster or the
database past policy and the record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import jwt
import pytest

from tests.api.conftest import AUDIENCE, ISSUER, signed
from tests.remote.conftest import Behind
from workbench.bootstrap import (
    new_id,
    now,
    open_database,
    open_hub,
    open_workbench,
)
from workbench.child import child_environment
from workbench.clusters import live_cluster, open_cluster
from workbench.core.cluster import Scope
from workbench.errors import AccessDenied, NotRecorded, NotSignedIn, SettingsError, ToolFailed
from workbench.remote.workbench import open_remote
from workbench.settings import load_settings

SESSION = "X-Workbench-Session"
LIST = ("kube_list_resources", {"kind": "nodes"})
SCALE = (
    "kube_scale",
    {
        "kind": "deployments", "name": "checkout", "namespace": "shop", "replicas": 0,
        "resource_version": "1", "diff_sha256": "0" * 64,
    },
)  # fmt: skip


def call(server: str, tool: tuple[str, dict[str, Any]], **headers: str) -> httpx2.Response:
    """One tool call, written by hand."""
    body = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": tool[0], "arguments": tool[1]},
    }  # fmt: skip
    accept = {"Accept": "application/json, text/event-stream"}
    return httpx2.post(f"{server}/mcp", json=body, headers={**accept, **headers}, timeout=60)


def bearer(name: str, group: str = "oncall", **claims: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed(name, group, **claims)}"}


async def rows(dsn: str, where: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(f"select * from audit_logs where {where}", *values))
    finally:
        await connection.close()


@pytest.mark.parametrize("opening", [open_database, open_cluster, open_hub, open_workbench])
async def test_neither_database_nor_cluster_is_opened_though_both_are_named(
    opening: Any, server: str, tmp_path: Path
) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text("{}")
    named = {"database_url": "postgresql://db/x", "kubeconfig": str(config)}
    settings = load_settings(gateway=server, gateway_token=signed("quinn"), **named)
    with pytest.raises(SettingsError, match="does the work"):
        async with opening(settings):
            pass
    with pytest.raises(SettingsError, match="does the work"):
        live_cluster(settings)


SPIED = """
import asyncio, psutil
from workbench.bootstrap import open_engine
from workbench.core.cluster import Scope
from workbench.settings import load_settings

async def main():
    async with open_engine(load_settings()) as engine:
        await engine.call("list_resources", {"kind": "pods"})
        async for _ in engine.ask("is shop healthy?", Scope(namespaces=("shop",))):
            me = psutil.Process()
            reached = {c.raddr.port for c in me.net_connections("inet") if c.raddr}
            print(sorted(reached), len(me.children(recursive=True)))

asyncio.run(main())
"""


def test_a_process_behind_the_gateway_talks_to_nothing_else(server: str, tmp_path: Path) -> None:
    settings = load_settings(gateway=server, gateway_token=signed("rosa"))
    environment = child_environment(settings)
    environment["WORKBENCH_DATA_DIR"] = str(tmp_path / "data")
    told = subprocess.run(
        [sys.executable, "-c", SPIED],
        env=environment, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120,
    ).stdout.splitlines()  # fmt: skip
    port = int(server.rpartition(":")[2])
    assert set(told) == {f"[{port}] 0"}
    assert not (tmp_path / "data").exists()
    assert "DATABASE_URL" not in environment
    assert "KUBECONFIG" not in environment


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="none"),
        pytest.param("guessed", id="guessed"),
        pytest.param(signed("sven", exp=time.time() - 3600), id="expired"),
        pytest.param(signed("sven", aud="another"), id="for another service"),
        pytest.param(
            jwt.encode(
                {"sub": "admin", "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 60},
                "a key of one's own, as long as it has to be",
                algorithm="HS256",
            ),
            id="signed by oneself",
        ),
        pytest.param(
            jwt.encode(
                {"sub": "admin", "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 60},
                None,
                algorithm="none",
            ),
            id="not signed",
        ),
    ],
)
async def test_without_a_good_token_nothing_is_reached(server: str, token: str) -> None:
    answer = call(server, LIST, Authorization=f"Bearer {token}".strip())
    assert answer.status_code == 401
    with pytest.raises(NotSignedIn):
        async with open_remote(server, token or "x", clock=now, new_id=new_id):
            pass


async def test_a_name_that_is_claimed_is_not_believed(server: str, server_database: str) -> None:
    claimed = {"X-Forwarded-User": "root@example.com", "X-Workbench-User": "root@example.com"}
    arguments = {"kind": "nodes", "selector": "claimed=by-tom"}
    call(server, ("kube_list_resources", arguments), **bearer("tom"), **claimed)
    made = await rows(server_database, "parameters->>'selector' = 'claimed=by-tom'")
    assert {row["user_name"] for row in made} == {"tom@example.com"}


async def test_a_change_nobody_approved_is_refused_and_recorded(
    behind: Behind, server: str, server_database: str
) -> None:
    session = new_id()
    tries: list[dict[str, Any]] = [
        SCALE[1],
        {**SCALE[1], "approval": str(new_id())},
        {**SCALE[1], "approved": True, "dry_run": False},
    ]
    for arguments in tries:
        answer = call(
            server, (SCALE[0], arguments), **bearer("uma", "admins"), **{SESSION: str(session)}
        )
        assert "was not run" in answer.text
    async with behind("uma", "admins") as engine:
        with pytest.raises(ToolFailed, match="a person has to approve"):
            await engine.call("scale", SCALE[1])
    kept = await rows(server_database, "investigation_id = $1", session)
    assert [(row["tool_name"], row["outcome"]) for row in kept] == [(SCALE[0], "refused")] * 3


async def test_a_tool_that_is_not_there_runs_nothing_and_is_recorded(
    server: str, server_database: str
) -> None:
    session = new_id()
    who = {**bearer("vera"), SESSION: str(session)}
    for name in ("kube_exec", "../kube_scale", "kube_list_resources; drop table audit_logs"):
        answer = call(server, (name, {}), **who)
        assert '"isError":true' in answer.text.replace(" ", "")
    kept = await rows(server_database, "investigation_id = $1", session)
    assert {row["user_name"] for row in kept} == {"vera@example.com"}
    assert len({row["tool_name"] for row in kept}) == 3


async def test_what_belongs_to_somebody_else_is_neither_read_nor_written(
    behind: Behind, server: str, server_database: str
) -> None:
    async with behind("wanda") as engine:
        await engine.call("list_resources", {"kind": "nodes"})
        hers = await engine.load("")
        asked = [i async for i, _ in engine.ask("is search healthy?", Scope(namespaces=("shop",)))]
    before = await rows(server_database, "investigation_id = $1", hers.id)
    for id in (hers.id, asked[-1].id):
        answer = call(server, LIST, **bearer("xaver"), **{SESSION: str(id)})
        assert "is not in the database" in answer.text
    assert await rows(server_database, "investigation_id = $1", hers.id) == before
    async with behind("xaver") as engine:
        for label in (hers.label, str(hers.id), asked[-1].label):
            with pytest.raises(NotRecorded):
                await engine.load(label)
            with pytest.raises(NotRecorded):
                await engine.evidence(label, "E1")
            with pytest.raises(NotRecorded):
                await engine.note("mine now", label)


async def test_calls_go_into_sessions_and_not_into_what_was_concluded(
    behind: Behind, server: str
) -> None:
    async with behind("yara") as engine:
        asked = [i async for i, _ in engine.ask("is search healthy?", Scope(namespaces=("shop",)))]
        before = await engine.evidences(asked[-1].label)
        answer = call(server, LIST, **bearer("yara"), **{SESSION: str(asked[-1].id)})
        assert "no session" in answer.text
        assert await engine.evidences(asked[-1].label) == before


@pytest.mark.parametrize("session", ["1", "'; drop table steps --", str(UUID(int=0))])
def test_a_session_of_no_sense_harms_nothing(server: str, session: str) -> None:
    assert call(server, LIST, **bearer("zoe"), **{SESSION: session}).status_code in (200, 400)


async def test_roles_hold_at_the_gateway(behind: Behind, server: str) -> None:
    assert "this takes operator" in call(server, LIST, **bearer("abel", "viewers")).text
    async with behind("abel", "viewers") as engine:
        with pytest.raises(ToolFailed, match="this takes operator"):
            await engine.call("list_resources", {"kind": "nodes"})
        with pytest.raises(AccessDenied):
            await anext(engine.ask("why?", Scope()))
    bad = {"name": "mine", "command": "sh", "args": ["-c", "id"]}
    made = httpx2.post(f"{server}/api/mcp-servers", json=bad, headers=bearer("abel"))
    assert made.status_code == 403


def test_what_a_kernel_is_given_names_no_secret_but_its_token(server: str) -> None:
    token = signed("bea")
    given = child_environment(load_settings(gateway=server, gateway_token=token))
    ours = {name: value for name, value in given.items() if os.environ.get(name) != value}
    assert [name for name, value in ours.items() if value == token] == ["WORKBENCH_GATEWAY_TOKEN"]
    assert "postgresql://" not in json.dumps(ours)
