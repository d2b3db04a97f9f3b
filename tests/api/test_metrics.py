"""What is counted."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import httpx2
import pytest

from tests.support.scripted_tools import ScriptedTools
from workbench.api.counted import CountedTools
from workbench.api.metrics import Metrics
from workbench.core.tools import CallContext
from workbench.errors import ToolError

CONTEXT = CallContext(investigation=UUID(int=1), user="ann")


def value(text: str, name: str, **labels: str) -> float:
    wanted = {f'{k}="{v}"' for k, v in labels.items()}
    for line in text.splitlines():
        if line.startswith(name) and all(label in line for label in wanted):
            return float(line.rpartition(" ")[2])
    return 0.0


def test_requests_are_counted_by_the_whole_pattern_of_their_route(
    ann: httpx2.Client, as_person: Callable[..., httpx2.Client]
) -> None:
    ann.post("/api/chat", json={"message": "Why is checkout failing?"})
    for number in range(20):
        ann.get(f"/api/investigations/INV-9999{number}")
        ann.get(f"/made/up/{number}")
    text = as_person("root", "admins").get("/metrics").text
    requests = "workbench_http_requests_total"
    route = "/api/investigations/{label}"
    assert value(text, requests, route=route, method="GET", status="404") >= 20
    assert value(text, requests, route="/api/chat", method="POST", status="200") >= 1
    assert value(text, requests, route="none", status="404") >= 20
    assert "INV-9999" not in text
    assert "/made" not in text
    assert value(text, "workbench_tool_calls_total", tool="diagnose", outcome="done") >= 1
    assert value(text, "workbench_investigations_total", outcome="complete") >= 1
    assert value(text, "workbench_database_connections_max", pool="record") == 6
    assert value(text, "workbench_tool_server_up", server="kube") == 1
    assert value(text, "workbench_tool_server_circuit", server="kube", state="closed") == 1


def test_refused_requests_count_too(server: str, as_person: Callable[..., httpx2.Client]) -> None:
    httpx2.get(f"{server}/api/agents")
    text = as_person("root", "admins").get("/metrics").text
    assert value(text, "workbench_http_requests_total", status="401") >= 1


class Settled(ScriptedTools):
    async def settled(self) -> None:
        pass


async def test_tools_that_nobody_offers_do_not_fill_the_registry() -> None:
    metrics = Metrics()
    tools = CountedTools(Settled({}), metrics)
    for number in range(50):
        with pytest.raises(ToolError):
            await tools.call(f"made_up_{number}", {}, CONTEXT)
    text = metrics.text().decode()
    assert "made_up" not in text
    assert value(text, "workbench_tool_calls_total", server="none", tool="none") == 50
