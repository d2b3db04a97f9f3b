"""Tokens of programs: made by a command, used over HTTP, ended by a command."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import httpx2
import pytest

from tests.api.test_changes import kept


def workbench(dsn: str, *arguments: str) -> str:
    environment = {**os.environ, "DATABASE_URL": dsn}
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "token", *arguments],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def get(server: str, path: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.get(server + path, headers=headers, timeout=60).status_code


def test_a_token_is_made_used_within_its_scopes_and_revoked(
    server: str, server_database: str
) -> None:
    token = workbench(
        server_database, "create", "scraper", "--scope", "metrics", "--scope", "audit:read"
    )
    assert re.fullmatch(r"wbt_[\w-]{43}", token)
    assert get(server, "/metrics", token) == 200
    assert get(server, "/api/audit", token) == 200
    assert get(server, "/api/investigations", token) == 403
    assert get(server, "/api/mcp-servers", token) == 403
    listed = workbench(server_database, "list")
    assert "scraper" in listed
    assert token not in listed
    workbench(server_database, "revoke", "scraper")
    assert get(server, "/metrics", token) == 401


def test_reading_is_not_writing(server: str, server_database: str) -> None:
    token = workbench(
        server_database, "create", "reader", "--role", "operator", "--scope", "chat:read",
        "--scope", "investigations:read",
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    asked = httpx2.post(f"{server}/api/chat", json={"message": "why?"}, headers=headers)
    assert asked.status_code == 403
    assert get(server, "/api/investigations", token) == 200
    assert get(server, "/metrics", token) == 403


def test_an_expired_one_is_refused(server: str, server_database: str) -> None:
    token = workbench(server_database, "create", "brief", "--expires", "1s")
    while get(server, "/api/investigations", token) == 200:
        pass
    assert get(server, "/api/investigations", token) == 401


@pytest.mark.parametrize("token", ["wbt_", "wbt_" + "A" * 43, "wbt_" + "A" * 20_000, "wbt_\x00"])
def test_one_that_nobody_made_is_refused(server: str, token: str) -> None:
    headers = {"Cookie": f"workbench_token={token.strip(chr(0))}"}
    answer = httpx2.get(f"{server}/api/investigations", headers=headers, timeout=60)
    assert answer.status_code == 401


def test_the_database_holds_no_token(server_database: str) -> None:
    token = workbench(server_database, "create", "hidden")

    async def rows(store: object) -> str:
        connection = await store.pool.run(  # type: ignore[attr-defined]
            lambda c: c.fetch("select row_to_json(t)::text as line from service_tokens t")
        )
        return "".join(row["line"] for row in connection)

    text = kept(server_database, rows)
    assert "hidden" in text
    assert token not in text
    assert token.removeprefix("wbt_") not in text
