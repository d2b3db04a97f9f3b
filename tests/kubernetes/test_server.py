"""The server as a client meets it: another process, over stdio."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from fastmcp.client.transports import StdioTransport

from tests.kubernetes.objects import shop
from tests.support.api_server import ApiServer, Served, free_port, write_kubeconfig
from workbench.core.diagnosis import from_json
from workbench.kubernetes.answers import Answer
from workbench.kubernetes.server import USAGE_ERROR, build
from workbench.kubernetes.session import Session
from workbench.kubernetes.tools import judging, reading

ROOT = Path(__file__).parents[2]
NOW = "2026-11-22T11:00:00Z"

TOOLS = {
    "list_resources",
    "get_resource",
    "describe",
    "events",
    "logs",
    "top",
    "rollout_history",
    "owners",
    "diagnose",
    "timeline",
    "snapshot",
    "api_resources",
    "can_i",
}


@asynccontextmanager
async def stdio(config: str, tmp_path: Path) -> AsyncIterator[Client[StdioTransport]]:
    arguments = ["-m", "workbench.kubernetes.server", "--kubeconfig", config]
    transport = StdioTransport(
        sys.executable,
        arguments,
        cwd=str(ROOT),
        keep_alive=False,
        log_file=tmp_path / "server.log",
    )
    async with Client(transport) as client:
        yield client


async def failed(client: Client[Any], tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    assert result.is_error
    return text(result)


def text(result: CallToolResult) -> str:
    return str(result.content[0].text)  # type: ignore[union-attr]


async def test_over_stdio_every_tool_only_reads_and_answers_in_text_and_data(
    cluster: ApiServer, tmp_path: Path
) -> None:
    cluster.headers["Workbench-Now"] = NOW
    async with stdio(cluster.kubeconfig(tmp_path / "config"), tmp_path) as client:
        tools = await client.list_tools()
        pods = await client.call_tool("list_resources", {"kind": "po"})
        secret = await client.call_tool("get_resource", {"kind": "secret", "name": "db"})
        unknown = await failed(client, "list_resources", kind="podz")
    assert {t.name for t in tools} == TOOLS
    assert all(t.annotations is not None and t.annotations.read_only_hint for t in tools)
    assert "CrashLoopBackOff" in text(pods)
    data = pods.structured_content or {}
    assert data["columns"][:2] == [
        {"name": "namespace", "type": "text"},
        {"name": "name", "type": "text"},
    ]
    assert [row[1] for row in data["rows"]] == ["web-1a-x", "web-2b-y"]
    assert "<21 bytes>" in text(secret)
    assert "Y29ycmVjdC" not in str(secret)
    assert "no kind 'podz'" in unknown
    assert "pods" in unknown


async def test_a_cluster_that_is_down_at_the_start_can_be_used_once_it_is_back(
    tmp_path: Path,
) -> None:
    port = free_port()
    config = write_kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}")
    async with stdio(config, tmp_path) as client:
        assert f"127.0.0.1:{port}" in await failed(client, "list_resources", kind="pods")
        with ApiServer(shop()).running(port):
            answer = await client.call_tool("list_resources", {"kind": "pods"})
    assert "pods: 2" in text(answer)


async def test_a_wrong_context_ends_the_server_at_once_with_a_sentence(tmp_path: Path) -> None:
    config = write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1")
    command = [sys.executable, "-m", "workbench.kubernetes.server", "--kubeconfig", config]
    ended = await asyncio.to_thread(
        subprocess.run, [*command, "--context", "prod"], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == USAGE_ERROR
    assert "no context 'prod'" in ended.stderr
    assert "test" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
async def tools(cluster: ApiServer, tmp_path: Path) -> AsyncIterator[Client[Any]]:
    """The same server in this process."""
    cluster.headers["Workbench-Now"] = NOW
    session = Session(cluster.kubeconfig(tmp_path / "config"))
    server = build(session, (*reading.tools(session), *judging.tools(session)))
    async with Client(server) as client:
        yield client
    await session.close()


async def test_a_diagnosis_sees_logs_and_says_what_it_could_not_see(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    cluster.logs[("shop", "web-2b-y", "app", True)] = b"panic: no database\n"
    cluster.forbidden.add("secrets")
    result = await tools.call_tool("diagnose")
    assert "Pod shop/web-2b-y" in text(result)
    assert "panic: no database" in text(result)
    assert "- secrets: forbidden: " in text(result)
    diagnosis = from_json(result.structured_content or {})
    assert "POD_CRASH_LOOP" in {f.code for f in diagnosis.findings}
    assert diagnosis.now.isoformat() == "2026-11-22T11:00:00+00:00"


async def test_a_selector_narrows_the_findings_and_not_what_is_read(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    cluster.logs[("shop", "web-2b-y", "app", True)] = b"panic\n"
    hit = await tools.call_tool("diagnose", {"selector": "app=web"})
    miss = await tools.call_tool("diagnose", {"selector": "app=other"})
    assert "POD_CRASH_LOOP" in text(hit)
    assert "POD_CRASH_LOOP" not in text(miss)


async def test_a_description_has_the_events_and_hides_secret_env(tools: Client[Any]) -> None:
    shown = text(await tools.call_tool("describe", {"kind": "pod", "name": "web-2b-y"}))
    assert "CrashLoopBackOff" in shown
    assert "60s (x3 over 10m)" in shown
    assert "hunter2" not in shown
    assert "LOG_LEVEL:     info" in shown


async def test_events_are_filtered_and_newest_last(tools: Client[Any]) -> None:
    everything = await tools.call_tool("events", {"kind": "pod", "name": "web-2b-y"})
    data = everything.structured_content or {}
    assert [row[3] for row in data["rows"]] == ["Pulled", "BackOff"]
    recent = await tools.call_tool("events", {"since": "5m", "type": "Warning"})
    assert "events: 1" in text(recent)


async def test_an_empty_answer_keeps_its_columns(tools: Client[Any]) -> None:
    result = await tools.call_tool("list_resources", {"kind": "configmaps"})
    data = result.structured_content or {}
    assert data["rows"] == []
    assert [c["name"] for c in data["columns"]][:3] == ["namespace", "name", "keys"]


async def test_the_owner_tree_goes_up_and_down(tools: Client[Any]) -> None:
    shown = text(await tools.call_tool("owners", {"kind": "pod", "name": "web-2b-y"}))
    assert [line.split()[0] for line in shown.splitlines()] == ["Deployment", "ReplicaSet", "Pod"]


async def test_a_rollout_says_what_changed(tools: Client[Any]) -> None:
    shown = text(await tools.call_tool("rollout_history", {"kind": "deploy", "name": "web"}))
    assert "~ spec.containers[app].image: acme/web:1 → acme/web:2" in shown
    assert "has no rollout history" in await failed(tools, "rollout_history", kind="po", name="x")


async def test_a_timeline_joins_events_containers_and_rollouts(tools: Client[Any]) -> None:
    result = await tools.call_tool("timeline", {"kind": "deploy", "name": "web"})
    data = result.structured_content or {}
    assert {row[1] for row in data["rows"]} >= {"change", "restart", "activity"}
    times = [row[0] for row in data["rows"]]
    assert times == sorted(times)
    assert data["first_symptom"]["object"].startswith("Pod shop/web-2b")
    assert data["change"]["object"] == "Deployment shop/web"
    assert text(result).splitlines()[1].startswith("Changed before it broke: ")


async def test_an_object_that_is_not_there_names_what_was_perhaps_meant(tools: Client[Any]) -> None:
    for tool in ("timeline", "owners"):
        said = await failed(tools, tool, kind="deploy", name="weeb", namespace="shop")
        assert "Did you mean web?" in said
    described = await failed(tools, "describe", kind="deploy", name="weeb", namespace="shop")
    assert "Did you mean web?" in described


async def test_a_list_of_one_that_is_not_there_is_an_error_and_no_empty_table(
    tools: Client[Any],
) -> None:
    named = {"field_selector": "metadata.name=weeb"}
    said = await failed(tools, "list_resources", kind="deploy", namespace="shop", **named)
    assert said == "There is no Deployment weeb in shop. Did you mean web?"
    pods = await failed(tools, "list_resources", kind="po", field_selector="metadata.name=web")
    assert "There is no Pod web in any namespace. Did you mean web-" in pods
    said = await failed(tools, "events", kind="deploy", name="weeb", namespace="shop")
    assert "There is no Deployment weeb in shop. Did you mean web?" in said
    begun = await failed(tools, "logs", pod="wbe-", namespace="shop")
    assert "Did you mean web-" in begun


async def test_a_name_of_another_namespace_is_told_where_it_is(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    cluster.objects.append({"kind": "Namespace", "metadata": {"name": "empty"}})
    said = await failed(tools, "describe", kind="deploy", name="web", namespace="empty")
    assert "There is one in shop." in said
    said = await failed(tools, "describe", kind="deploy", name="web", namespace="shopp")
    assert "There is no namespace shopp" in said
    assert "Did you mean shop?" in said


async def test_a_list_of_several_names_may_be_empty(tools: Client[Any]) -> None:
    wanted = {"kind": "deploy", "field_selector": "metadata.name=weeb,metadata.namespace=shop"}
    answer = await tools.call_tool("list_resources", wanted)
    assert "deployments: 0" in text(answer)


async def test_a_log_of_a_workload_names_its_pods(tools: Client[Any]) -> None:
    for word in ("web", "deploy/web"):
        assert "Did you mean web-" in await failed(tools, "logs", pod=word, namespace="shop")
    (pod, *_) = (await tools.call_tool("list_resources", {"kind": "po"})).structured_content["rows"]
    where = {"namespace": pod[0], "tail_lines": 1}
    plain = await tools.call_tool("logs", {"pod": pod[1], **where}, raise_on_error=False)
    named = await tools.call_tool("logs", {"pod": f"pod/{pod[1]}", **where}, raise_on_error=False)
    assert text(named) == text(plain)


@pytest.mark.parametrize("name", ["../secrets/db", "web/../../secrets/db", "..", "x%2fy", "a/b"])
async def test_a_name_leads_to_no_other_object(
    cluster: ApiServer, tools: Client[Any], name: str
) -> None:
    told = [
        await failed(tools, "logs", pod=f"pod/{name}", namespace="shop"),
        await failed(tools, "describe", kind="pod", name=name, namespace="shop"),
        await failed(tools, "get_resource", kind="pod", name="web", namespace=name),
    ]
    assert all("is no name of an object" in said for said in told)


async def test_a_name_with_a_question_mark_is_one_that_nothing_has(tools: Client[Any]) -> None:
    said = await failed(tools, "get_resource", kind="secret", name="db?x=", namespace="shop")
    assert "not found" in said


async def test_an_overview_counts_and_names_gaps(cluster: ApiServer, tools: Client[Any]) -> None:
    cluster.forbidden.add("secrets")
    shown = text(await tools.call_tool("snapshot"))
    assert "Kubernetes v1.36.2" in shown
    assert "Pod 2" in shown
    assert "Not checked: secrets (forbidden" in shown


async def test_usage_without_metrics_says_so(tools: Client[Any]) -> None:
    assert "metrics-server" in await failed(tools, "top")


async def test_usage_stands_beside_what_was_asked_for(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    cluster.served += [
        Served("metrics.k8s.io/v1beta1", "pods", "PodMetrics"),
        Served("metrics.k8s.io/v1beta1", "nodes", "NodeMetrics", namespaced=False),
    ]
    used = {"cpu": "50m", "memory": "32Mi"}
    common = {"apiVersion": "metrics.k8s.io/v1beta1"}
    cluster.objects += [
        {
            **common,
            "kind": "PodMetrics",
            "metadata": {"namespace": "shop", "name": "web-1a-x"},
            "containers": [{"name": "app", "usage": used}],
        },
        {
            **common,
            "kind": "NodeMetrics",
            "metadata": {"name": "worker-1"},
            "usage": {"cpu": "1", "memory": "2Gi"},
        },
    ]
    pods = await tools.call_tool("top", {"namespace": "shop"})
    nodes = await tools.call_tool("top", {"kind": "nodes"})
    mib = 2**20
    assert (pods.structured_content or {})["rows"] == [
        ["shop", "web-1a-x", 0.05, 0.1, None, 32.0 * mib, 64.0 * mib, None]
    ]
    assert (nodes.structured_content or {})["rows"] == [["worker-1", 1.0, 25.0, 2048.0 * mib, 25.0]]


async def test_whether_one_may_is_asked_of_the_server(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    cluster.reviews["get deployments"] = True
    yes = await tools.call_tool("can_i", {"verb": "get", "resource": "deploy"})
    no = await tools.call_tool("can_i", {"verb": "delete", "resource": "deploy"})
    assert (text(yes), text(no)) == ("yes - as told", "no - as told")


async def test_a_long_table_is_cut_in_text_and_whole_in_data(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    template = cluster.objects[0]
    cluster.objects = [
        {**template, "kind": "Namespace", "metadata": {"name": f"n{i}"}} for i in range(500)
    ]
    result = await tools.call_tool("list_resources", {"kind": "ns"})
    assert "300 more rows are left out" in text(result)
    assert len(text(result).splitlines()) < 210
    assert len((result.structured_content or {})["rows"]) == 500


async def test_wrong_arguments_are_named_in_one_line(tools: Client[Any]) -> None:
    shown = await failed(tools, "logs", pod="web", tail_lines=-1)
    assert shown.startswith("logs was called with wrong arguments: tail_lines: ")
    assert "\n" not in shown
    assert "namespaec" in await failed(tools, "events", namespaec="shop")


async def test_an_unexpected_fault_tells_nothing_of_the_inside(
    cluster: ApiServer, tmp_path: Path
) -> None:
    async def broken() -> Answer:
        raise RuntimeError("password=hunter2")

    session = Session(cluster.kubeconfig(tmp_path / "config"))
    async with Client(build(session, [broken])) as client:
        assert "hunter2" not in await failed(client, "broken")
    await session.close()


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_resources", {"kind": "pods"}),
        ("list_resources", {"kind": "pods", "selector": "app=web"}),
        ("events", {}),
        ("timeline", {}),
    ],
)
async def test_a_namespace_that_is_not_there_is_an_error_with_the_nearest(
    tools: Client[Any], tool: str, arguments: dict[str, str]
) -> None:
    said = await failed(tools, tool, namespace="shopp", **arguments)
    assert "no namespace shopp" in said
    assert "Did you mean shop?" in said


async def test_where_namespaces_cannot_be_listed_an_empty_list_is_an_answer(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    cluster.forbidden.add("namespaces")
    answer = await tools.call_tool("list_resources", {"kind": "pods", "namespace": "elsewhere"})
    assert "pods in elsewhere: 0" in answer.content[0].text


async def test_a_kind_listed_again_and_again_comes_from_memory(
    cluster: ApiServer, tools: Client[Any]
) -> None:
    for _ in range(100):
        answer = await tools.call_tool("list_resources", {"kind": "pods"})
        if "from watches" in answer.content[0].text:
            break
        await asyncio.sleep(0.02)
    before = cluster.asked("/api/v1/pods")
    again = await tools.call_tool("list_resources", {"kind": "pods"})
    assert "from watches of the cluster, current as of" in again.content[0].text
    assert cluster.asked("/api/v1/pods") == before
