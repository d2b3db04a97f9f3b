"""No secret that a cluster holds is found in what an investigation leaves or sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from tests.investigations.canaries import CANARY, Canaries, seeded
from tests.support.model_servers import ModelServer
from tests.support.postgres import connected
from tests.support.snapshot_tools import snapshot_tools
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.redaction import Redactor
from workbench.investigations.report import export
from workbench.investigations.workbench import Workbench
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.mcp.stack import governed
from workbench.store.database import Store


def calls(raw: RawSnapshot) -> list[dict[str, Any]]:
    """Every way to look at one object of each kind, and at some logs."""
    found: list[dict[str, Any]] = []
    for (_, kind), trees in raw.objects.items():
        found.append({"tool": "kube_list_resources", "arguments": {"kind": kind}})
        for tree in trees[:1]:
            about = {"kind": kind, "name": tree["metadata"]["name"]}
            if namespace := tree["metadata"].get("namespace"):
                about["namespace"] = namespace
            found += [
                {"tool": f"kube_{tool}", "arguments": about}
                for tool in ("get_resource", "describe")
            ]
    for pod in raw.objects[("v1", "Pod")][:5]:
        about = {"namespace": pod["metadata"]["namespace"], "pod": pod["metadata"]["name"]}
        about["container"] = pod["spec"]["containers"][0]["name"]
        found.append({"tool": "kube_logs", "arguments": about})
    return [*found, {"tool": "kube_events", "arguments": {}}]


async def rows(dsn: str) -> str:
    """Everything in the database, as text."""
    async with connected(dsn) as connection:
        tables = await connection.fetch(
            "SELECT schemaname || '.' || quote_ident(tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        return "\n".join([await _table(connection, table["name"]) for table in tables])


async def _table(connection: asyncpg.Connection, name: str) -> str:
    found = await connection.fetch(f"SELECT row_to_json(t)::text AS row FROM {name} AS t")
    return "\n".join(row["row"] for row in found)


async def test_no_canary_leaves_the_cluster(
    store: Store, database: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    canaries = Canaries()
    raw = seeded(canaries)
    looks = calls(raw)
    turns: list[dict[str, Any]] = [{"calls": looks[n : n + 20]} for n in range(0, len(looks), 20)]
    said = {"verdict": "done", "claims": [{"text": "seen", "evidence": ["E1"]}]}
    turns.append({"calls": [{"tool": "conclude", "arguments": said}]})
    async with snapshot_tools(raw) as tools, ModelServer(turns) as server:
        workbench = Workbench(
            tools=governed(tools, store.record, cluster="demo", redactor=Redactor(b"k" * 32)),
            store=store,
            address=ClusterAddress(name="demo"),
            model=server.choice("anthropic"),
            budget=Budget(tool_calls=1000),
            user="ann",
            surface="test",
            clock=lambda: datetime.now(UTC),
            new_id=uuid7,
        )
        question = "why is login failing with password=Canary999999x?"
        found = [so_far async for so_far, _ in workbench.ask(question, Scope())][-1]
        evidence = await workbench.evidences(found.label)
    report = export(found, evidence, tmp_path, now=datetime.now(UTC))
    assert canaries.made > 1000
    assert len(tools.calls) > len(looks)
    places = {
        "model": json.dumps(server.requests, ensure_ascii=False),
        "store": await rows(database),
        "notebook": report.notebook.read_text(),
        "page": report.html.read_text(),
        "output": "".join(capfd.readouterr()),
    }
    assert "«redacted:" in places["model"]
    assert "«redacted:" in places["store"]
    leaked = {
        place: [text[max(0, m.start() - 90) : m.end() + 5] for m in CANARY.finditer(text)][:8]
        for place, text in places.items()
    }
    assert leaked == {place: [] for place in places}
