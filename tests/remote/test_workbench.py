"""A workbench behind the gateway does what one that is open here does."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx2
import pytest

from tests.api.conftest import signed
from tests.remote.conftest import Behind
from tests.support.tcp_proxy import Fault, proxied
from workbench.bootstrap import new_id, now, open_engine
from workbench.core.cluster import Scope
from workbench.core.investigation import Status
from workbench.core.terms import Table, Terms
from workbench.errors import (
    GatewayUnavailable,
    NotRecorded,
    SettingsError,
    ToolUnknown,
    UsageError,
)
from workbench.remote.follow import followed
from workbench.remote.workbench import open_remote
from workbench.settings import load_settings

SHOP = Scope(namespaces=("shop",))


async def test_a_call_is_recorded_there_under_the_person_and_cited_here(
    behind: Behind, server_database: str
) -> None:
    async with behind("greta") as engine:
        result = await engine.call("list_resources", {"kind": "pods", "namespace": "shop"})
        again, label = await engine.diagnose(SHOP)
        kept = await engine.evidence("", result.evidence)
        session = await engine.load("")
        calls = await engine.evidences("")
    assert (result.evidence, label) == ("E1", "E2")
    assert kept.tool == "kube_list_resources"
    assert kept.arguments == {"kind": "pods", "namespace": "shop"}
    assert again.findings
    assert [c.label for c in calls] == ["E1", "E2"]
    connection = await asyncpg.connect(server_database)
    try:
        rows = await connection.fetch(
            "select user_name, surface from audit_logs where investigation_id = $1", session.id
        )
    finally:
        await connection.close()
    assert {tuple(row) for row in rows} == {("greta@example.com", "gateway")}


async def test_a_question_is_answered_there_and_its_steps_come_here(behind: Behind) -> None:
    async with behind("hanna") as engine:
        told = [item async for item in engine.ask("why is checkout failing?", SHOP)]
        assert await engine.answered("is anything else wrong?", SHOP) is None
        last = told[-1][0]
        loaded = await engine.load(last.label)
        (recent,) = await engine.recent()
    assert [step for _, step in told] == list(last.steps)
    assert last.status is Status.COMPLETE
    assert last == loaded == recent


async def test_a_fork_goes_on_there_and_its_steps_come_here(behind: Behind) -> None:
    async with behind("hilde") as engine:
        found = [item async for item in engine.ask("why is checkout failing?", SHOP)][-1][0]
        told = [item async for item in engine.fork(found.label, after="e1", question="the disk?")]
        made = told[-1][0]
        assert made == await engine.load(made.label)
        with pytest.raises(UsageError, match="no step E99"):
            await anext(engine.fork(found.label, after="E99"))
        leaving = engine.fork(found.label, terms=Terms(tool_calls=5))
        left, _ = await anext(leaving)
        await leaving.aclose()
        assert (await engine.load(left.label)).status is not Status.RUNNING
    assert [step for _, step in told] == list(made.steps)
    assert (made.question, made.status) == ("the disk?", Status.COMPLETE)
    assert f"Forked from {found.label}" in str(made.steps)


async def test_the_same_question_is_not_asked_again(behind: Behind) -> None:
    async with behind("ida") as engine:
        assert await engine.answered("is shop healthy?", SHOP) is None  # and now knows the cluster
        terms = Terms(tool_calls=40, tables=(Table(name="mine", text="a\n1"),))
        told = [item async for item in engine.ask("is shop healthy?", SHOP, terms=terms)]
        found = await engine.answered("is shop healthy?", SHOP, terms)
        assert found is not None
        assert found.label == told[-1][0].label
        assert await engine.answered("is shop healthy?", SHOP) is None  # on other terms
        planned = await engine.plan("is shop healthy?", SHOP, Terms(tool_calls=100_000))
    assert "40 tool calls" not in planned
    assert "100,000" not in planned  # nobody gets more than the server has


async def test_who_leaves_stops_it_there(behind: Behind) -> None:
    async with behind("jana") as engine:
        steps = engine.ask("what is wrong anywhere?", Scope())
        so_far, _ = await anext(steps)
        await steps.aclose()
        for _ in range(100):
            found = await engine.load(so_far.label)
            if found.status is not Status.RUNNING:
                break
            await asyncio.sleep(0.05)
        assert found.status in (Status.CANCELLED, Status.COMPLETE)
        if found.status is Status.CANCELLED:
            last = [item async for item in engine.resume(found.label)][-1][0]
            assert last.status is Status.COMPLETE
            with pytest.raises(UsageError, match="complete"):
                _ = [item async for item in engine.resume(found.label)]


async def test_a_stream_that_breaks_off_is_taken_up_where_it_was(behind: Behind) -> None:
    async with behind("karin") as engine:
        whole = [item async for item in engine.ask("is search healthy?", SHOP)]
        label = whole[-1][0].label
        begin = ("GET", f"investigations/{label}/stream", {})
        rest = [item async for item in followed(engine._api, begin, after=1)]  # type: ignore[arg-type]
    assert [step for _, step in rest] == [step for _, step in whole[2:]]
    assert rest[-1][0] == whole[-1][0]


async def test_a_question_whose_answer_was_lost_is_asked_once(server: str) -> None:
    async with proxied(server) as (address, proxy):
        settings = load_settings(gateway=address, gateway_token=signed("lost-reply"))
        async with open_engine(settings) as engine:
            proxy.set(Fault.LOSE_REPLY)
            asking = asyncio.create_task(anext(engine.ask("is search healthy?", SHOP)))
            while not proxy.struck:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.01)
            proxy.set(Fault.PASS)
            so_far, _ = await asking
            assert [i.label for i in await engine.recent()] == [so_far.label]


async def test_notes_comparisons_and_reruns_go_through(behind: Behind) -> None:
    async with behind("lena") as engine:
        await engine.call("list_resources", {"kind": "nodes"})
        await engine.call("list_resources", {"kind": "nodes"})
        noted = await engine.note("a node is full", standing="open", evidence=["E1"])
        compared = await engine.diff("E1", "E2")
        again = await engine.rerun("E1")
    assert noted.steps[-1].text == "a node is full"  # type: ignore[union-attr]
    assert not compared.changed
    assert len(again.differences) == 1


async def test_two_sessions_of_one_person_are_kept_apart(behind: Behind) -> None:
    async with behind("mia") as one, behind("mia") as other:
        await asyncio.gather(*(one.call("list_resources", {"kind": "nodes"}) for _ in range(3)))
        await other.call("list_resources", {"kind": "nodes"})
        assert len(await one.evidences("")) == 3
        assert len(await other.evidences("")) == 1
        assert (await one.load("")).id != (await other.load("")).id


async def test_errors_are_those_of_the_server(behind: Behind, server: str) -> None:
    async with behind("nora") as engine:
        with pytest.raises(ToolUnknown, match="nonsense"):
            await engine.call("nonsense", {})
        with pytest.raises(NotRecorded):
            await engine.load("INV-99999999")
        with pytest.raises(UsageError, match="no question"):
            await anext(engine.ask(" ", SHOP))
        with pytest.raises(UsageError, match="staging"):
            await anext(engine.ask("why?", Scope(context="staging")))


async def test_what_does_not_answer_as_a_workbench_is_one_line() -> None:
    with pytest.raises(GatewayUnavailable, match="does not answer"):
        async with open_remote("http://127.0.0.1:1", "t", clock=now, new_id=new_id):
            pass


def test_the_gateway_and_a_choice_of_cluster_exclude_each_other(server: str) -> None:
    async def opened(**more: str) -> None:
        async with open_engine(load_settings(gateway=server, **more)):
            pass

    with pytest.raises(SettingsError, match="one cluster"):
        asyncio.run(opened(gateway_token=signed("olga"), snapshot="demo"))
    with pytest.raises(SettingsError, match="no token"):
        asyncio.run(opened())


async def test_a_client_that_names_no_session_has_one_of_its_own(server: str) -> None:
    headers = {
        "Authorization": f"Bearer {signed('paula')}",
        "Accept": "application/json, text/event-stream",
    }
    call = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "kube_list_resources", "arguments": {"kind": "nodes"}},
    }  # fmt: skip
    async with httpx2.AsyncClient(base_url=server, headers=headers, timeout=60) as client:
        answers = [(await client.post("/mcp", json=call)).text for _ in range(2)]
    assert '"k8s-workbench/evidence":"E1"' in answers[0].replace(" ", "")
    assert '"k8s-workbench/evidence":"E2"' in answers[1].replace(" ", "")
