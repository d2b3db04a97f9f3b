"""The chat, as a tab sees it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.chat.conftest import House, Tab, ids, until
from tests.support.model_servers import ModelServer
from workbench.chat.budgets import budgets, within
from workbench.chat.screens.talk import Talk
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.investigation import Concluded, Failed, Investigation
from workbench.core.terms import Terms
from workbench.errors import NotRecorded, TooBusy, UsageError
from workbench.investigations.live import Live
from workbench.investigations.workbench import Workbench
from workbench.store.conversations import Conversation, Message, Role


class Full(Live):
    """Has no room for another investigation."""

    async def start(self, *_: Any, **__: Any) -> Investigation:
        raise TooBusy("No room.")


async def asked(screen: Talk, tab: Tab, question: str = "why is orders down?") -> None:
    """Ask, and wait for the end."""
    before = len(tab.told("show"))
    await screen.do_ask({"question": question})
    await until(lambda: len(tab.told("show")) > before)


async def newest(house: House) -> Investigation:
    return (await house.workbench.store.investigations.recent(1))[0]


async def conversations(house: House, name: str = "ann") -> tuple[Conversation, ...]:
    visit = house.visit(name)
    return await house.workbench.store.conversations.list(await visit.user())


async def test_an_answer_comes_step_by_step_and_ends_with_its_verdict(house: House) -> None:
    screen, tab = house.opened(Talk)
    await asked(screen, tab)
    found = await newest(house)
    assert isinstance(found.steps[-1], Concluded)
    assert tab.steps(found.label)
    assert "orders-settings" in tab.html("turns")
    assert [op["on"] for op in tab.told("running")] == ["yes", "no"]


async def test_a_models_words_are_shown_as_they_come_until_they_are_a_step(house: House) -> None:
    said = "I look at the events <i>first</i>, because they tell what was tried."
    events = {"tool": "kube_events", "arguments": {"namespace": "shop"}}
    verdict = {"tool": "conclude", "arguments": {"verdict": "The map is empty.", "claims": []}}
    async with ModelServer([{"say": said, "calls": [events]}, {"calls": [verdict]}]) as server:
        house.workbench.model = server.choice("anthropic")
        screen, tab = house.opened(Talk)
        await asked(screen, tab)
    region = f"words-{(await newest(house)).label}"
    heard = [op for op in tab.sent if op.get("to") == region]
    words = "".join(op["html"] for op in heard if op["op"] == "add")
    assert "&lt;i&gt;first&lt;/i&gt;" in re.sub("</?span>", "", words)
    assert (heard[-1]["op"], heard[-1]["html"]) == ("put", "")
    screen.close()


async def test_agents_are_offered_and_one_that_is_not_there_is_refused(house: House) -> None:
    screen, tab = house.opened(Talk)
    await screen.do_hello({})
    await until(lambda: tab.html("agents"))
    assert 'value="network"' in tab.html("agents")
    await screen.do_ask({"question": "why is orders down?", "agent": "network"})
    assert (await newest(house)).agent == "network"
    with pytest.raises(UsageError, match="no agent"):
        await screen.do_ask({"question": "why?", "agent": "nobody"})
    screen.close()


async def test_a_question_is_asked_of_what_was_picked_which_a_reload_keeps(house: House) -> None:
    screen, tab = house.opened(Talk)
    await screen.do_hello({"kept": "nonsense"})
    await until(lambda: "orders-settings" in tab.html("suggestions"))
    await screen.do_scope({"ns.elsewhere": "on", "since": "3600", "times": "1"})
    await until(lambda: "nothing wrong there" in tab.html("suggestions"))
    await screen.do_scope({"named": "shop, payments", "since": "900", "times": "1"})
    await screen.do_scope({"since": "3600"})  # before the namespaces are listed
    assert "shop, payments" in tab.html("picked")
    await screen.do_ask({"question": "why is orders down?"})
    assert (await newest(house)).scope == Scope(namespaces=("shop", "payments"), since=3600)
    (*_, kept) = [op["text"] for op in tab.told("keep")]
    again, reloaded = house.opened(Talk)
    await again.do_hello({"kept": kept})
    assert again.scope == screen.scope
    assert 'value="3600" selected="selected"' in reloaded.html("asked-of")
    await again.do_everywhere({})
    assert again.scope == Scope(since=3600)
    assert "all namespaces" in reloaded.html("picked")
    for one in (screen, again):
        one.close()


async def test_another_cluster_leads_to_its_server_with_the_conversation(house: House) -> None:
    house.shared.elsewhere = {"prod-us": "https://us.example/workbench/"}
    screen, tab = house.opened(Talk)
    await screen.do_hello({})
    await screen.do_scope({"cluster": "nowhere", "times": "1"})
    await screen.do_scope({"cluster": "prod-us", "times": "1"})
    await asked(screen, tab)
    await screen.do_scope({"cluster": "prod-us", "times": "1"})
    chat = "https://us.example/workbench/chat"
    assert [op["to"] for op in tab.told("leave")] == [chat, f"{chat}?c={screen.open}"]
    screen.close()


async def test_a_budget_is_less_than_is_set_and_heeded(house: House) -> None:
    house.workbench.budget = Budget(tool_calls=20, dollars=Decimal("0.50"))
    offered = budgets(house.workbench.budget, priced=True)
    assert re.findall('value="([^"]+)"', offered) == [" ", "5 calls", "15 calls", "$0.10"]
    assert "$" not in budgets(house.workbench.budget, priced=False)
    for chosen, dollars, calls in (
        ("$0.10", Decimal("0.10"), None),
        ("5 calls", None, 5),
        ("40 calls", None, None),
        ("$9000", None, None),
        ("", None, None),
    ):
        terms = within(Terms(agent="network"), chosen, house.workbench.budget)
        assert terms == Terms(agent="network", dollars=dollars, tool_calls=calls)


async def test_a_tab_that_opens_in_the_middle_sees_every_step_once(house: House) -> None:
    first, one = house.opened(Talk)
    house.tools.open.clear()
    await first.do_ask({"question": "why is orders down?"})
    second, two = house.opened(Talk)
    await second.do_conversation({"id": str(first.open)})
    house.tools.open.set()
    await until(lambda: one.told("show") and two.told("show"))
    found = await newest(house)
    last = [ids(op["html"]) for tab in (one, two) for op in tab.told("add")[-1:]]
    assert last[0] == last[1]
    assert len(last[0]) == len(set(last[0]))
    streamed = [two.steps(found.label), one.steps(found.label)]
    assert streamed[0] == streamed[1][-len(streamed[0]) :]


async def test_a_closed_tab_stops_nothing(house: House) -> None:
    screen, tab = house.opened(Talk)
    house.tools.open.clear()
    screen.take({"do": "ask", "question": "why is orders down?"})
    await until(lambda: tab.told("asked"))
    screen.close()
    house.tools.open.set()
    await until(lambda: not house.live.running)
    assert isinstance((await newest(house)).steps[-1], Concluded)


async def test_search_finds_words_of_titles_and_messages_among_ones_own(house: House) -> None:
    screen, tab = house.opened(Talk)
    store, ann = house.workbench.store.conversations, await house.visit("ann").user()
    for title, said in (("Orders <b>50%</b>", "The quota is full."), ("Cart", "All is well.")):
        one = await store.create(uuid4(), user=ann, title=title)
        await store.add_message(
            Message(id=uuid4(), conversation=one.id, role=Role.USER, content=said,
                    at=house.workbench.clock())
        )  # fmt: skip
    await store.create(uuid4(), user=await house.visit("bob").user(), title="Orders of Bob")
    for words, shown in (
        ("QUOTA orders", 1), ("50%", 1), ("is", 2), ("bob", 0), ("or_ers", 0), ("\0", 0)
    ):  # fmt: skip
        await screen.do_search({"words": words})
        assert tab.html("list").count('id="conversation-') == shown, words
    await screen.do_search({"words": "nothing"})
    assert "None has these words." in tab.html("list")


async def test_what_another_process_runs_is_stopped_from_here_and_taken_up(house: House) -> None:
    house.tools.open.clear()
    screen, _ = house.opened(Talk)
    await screen.do_ask({"question": "why is orders down?"})
    screen.close()
    store = house.workbench.store
    other = House(store, house.folder)
    other.live = Live(store.investigations.steps, stop_elsewhere=store.leases.ask_to_stop)
    other.shared.live = other.live
    there, its = other.opened(Talk)
    await there.do_hello({"c": str(screen.open)})
    await until(lambda: there._running)
    await there.do_stop({})
    await until(lambda: "is-cancelled" in its.html("turns"))
    assert 'data-do="resume"' in its.html("turns")
    shown = len(its.told("show"))
    await there.do_resume({"inv": (await newest(house)).label})
    await until(lambda: len(its.told("show")) > shown)
    found = await newest(house)
    assert isinstance(found.steps[-1], Concluded)
    assert [type(s) for s in found.steps].count(Failed) == 1
    assert "is-complete" in its.html("turns")
    assert 'data-do="resume"' not in its.html("turns").rpartition("<article")[2]


async def test_stop_ends_it_and_keeps_what_was_found(house: House) -> None:
    screen, tab = house.opened(Talk)
    house.tools.open.clear()
    await screen.do_ask({"question": "why is orders down?"})
    await screen.do_stop({})
    await until(lambda: tab.told("show"))
    end = (await newest(house)).steps[-1]
    assert isinstance(end, Failed)
    assert end.cancelled
    assert "is-cancelled" in tab.html("turns")


async def test_a_follow_up_stays_in_the_conversation(house: House) -> None:
    screen, tab = house.opened(Talk)
    await asked(screen, tab)
    await asked(screen, tab, "and the thumbnailer?")
    (one,) = await conversations(house)
    turns = await house.workbench.store.investigations.of_conversation(one.id, 9)
    assert [t.question for t in turns] == ["why is orders down?", "and the thumbnailer?"]
    assert one.title == "why is orders down?"
    again, reloaded = house.opened(Talk)
    await again.do_hello({"c": str(one.id)})
    assert all(t.question in reloaded.html("turns") for t in turns)


async def test_the_list_says_the_cluster_of_a_conversation_about_another_one(house: House) -> None:
    screen, tab = house.opened(Talk)
    await asked(screen, tab)
    here, house.workbench = house.workbench, elsewhere(house, "prod-eu")
    other, seen = house.opened(Talk)
    await asked(other, seen, "is prod well?")
    assert "<b>" not in seen.html("list").partition("why is orders down?")[0]
    house.workbench = here
    again, reloaded = house.opened(Talk)
    await again.do_hello({})
    newest, _, older = reloaded.html("list").partition("why is orders down?")
    assert "<b>prod-eu</b>" in newest
    assert "<b>" not in older
    assert [one.clusters for one in await conversations(house)] == [("prod-eu",), ("test",)]


def elsewhere(house: House, cluster: str) -> Workbench:
    """The same workbench on another cluster."""
    return replace(house.workbench, address=ClusterAddress(name=cluster))


async def test_nobody_opens_renames_deletes_or_reads_what_is_somebody_elses(house: House) -> None:
    screen, tab = house.opened(Talk)
    await asked(screen, tab)
    (one,) = await conversations(house)
    label = (await newest(house)).label
    for said in (
        {"do": "conversation", "id": str(one.id)},
        {"do": "hello", "c": str(one.id)},
        {"do": "rename", "id": str(one.id), "title": "mine"},
        {"do": "renaming", "id": str(one.id)},
        {"do": "delete", "id": str(one.id)},
        {"do": "evidence", "inv": label, "evidence": "E1"},
        {"do": "step", "inv": label, "evidence": "E1", "to": "x"},
        {"do": "picture", "inv": label},
    ):
        other, seen = house.opened(Talk, "bob")
        other.take(said)
        await until(lambda seen=seen: "There is no" in seen.html("notice"))
        assert "orders" not in "".join(op.get("html", "") for op in seen.sent)
    assert await conversations(house) == (one,)
    assert await conversations(house, "bob") == ()


async def test_who_may_only_read_can_not_ask_or_delete(house: House) -> None:
    screen, tab = house.opened(Talk, asks=False)
    for do in ("ask", "stop", "rename", "delete", "renaming"):
        tab.sent.clear()
        screen.take({"do": do, "question": "why?", "id": str(uuid4()), "title": "x"})
        await until(lambda: "may read here" in tab.html("notice"))
    assert await conversations(house) == ()


async def test_a_question_that_cannot_begin_leaves_no_conversation(house: House) -> None:
    screen, tab = house.opened(Talk)
    screen.visit.live = Full(house.workbench.store.investigations.steps)
    screen.take({"do": "ask", "question": "why?"})
    await until(lambda: tab.told("failed"))
    assert "No room." in tab.html("notice")
    assert await conversations(house) == ()


async def test_more_questions_than_a_minute_has_are_refused(house: House) -> None:
    screen, tab = house.opened(Talk)
    for _ in range(20):
        await screen.visit.count_question()
    screen.take({"do": "ask", "question": "why?"})
    await until(lambda: tab.html("notice"))
    assert "has asked more than 20 per 1 minute" in tab.html("notice")


async def test_rename_and_delete(house: House) -> None:
    screen, tab = house.opened(Talk)
    await asked(screen, tab)
    (one,) = await conversations(house)
    await screen.do_renaming({"id": str(one.id)})
    await screen.do_rename({"id": str(one.id), "title": "Orders <b>"})
    assert "Orders &lt;b&gt;" in tab.html("list")
    await screen.do_delete({"id": str(one.id)})
    assert await conversations(house) == ()
    assert screen.open is None
    assert (await newest(house)).steps  # the investigation stays


async def test_a_secret_in_a_question_is_in_no_title(house: House) -> None:
    screen, tab = house.opened(Talk)
    await asked(screen, tab, "login fails with password=hunter2hunter2 in shop")
    (one,) = await conversations(house)
    assert "hunter2" not in one.title + "".join(op.get("html", "") for op in tab.sent)


async def test_an_empty_chat_offers_what_the_analyzers_found(house: House) -> None:
    screen, tab = house.opened(Talk)
    await screen.do_hello({})
    await until(lambda: "orders-settings" in tab.html("suggestions"))
    assert 'data-do="ask"' in tab.html("suggestions")
    assert await conversations(house) == ()  # looking is no conversation


async def _rewritten(connection: Any) -> None:
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("update audit_logs set tool_name = 'another'")


async def test_an_evidence_chip_opens_the_recorded_call(house: House) -> None:
    screen, tab = house.opened(Talk)
    await asked(screen, tab)
    label = (await newest(house)).label
    await screen.do_evidence({"inv": label, "evidence": "E1"})
    assert "kube_diagnose" in tab.html("drawer")
    await screen.do_verify({"inv": label})
    assert f"events of {label} are as they were written" in tab.html("verified")
    other, _ = house.opened(Talk, "bob")
    with pytest.raises(NotRecorded):
        await other.do_verify({"inv": label})
    await house.workbench.store.pool.run(_rewritten)
    await screen.do_verify({"inv": label})
    assert "is not as it was written" in tab.html("verified")
    with pytest.raises(NotRecorded, match="E99"):
        await screen.do_evidence({"inv": label, "evidence": "E99"})
