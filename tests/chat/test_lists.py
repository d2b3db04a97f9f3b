"""Triage, audit and usage, as a tab sees them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from tests.chat.conftest import House
from tests.support.samples import START, finding
from workbench.chat.asking import suggestions
from workbench.chat.screens import triage
from workbench.chat.screens.audit import ROWS, Audit
from workbench.chat.screens.triage import Triage
from workbench.chat.screens.usage import UsageScreen
from workbench.chat.visitor import Look
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.evidence import Outcome
from workbench.core.findings import Severity
from workbench.core.quota import Quota
from workbench.errors import QuotaUsed
from workbench.store.calls import Wanted


async def look(house: House, name: str, times: int) -> None:
    workbench = house.workbench.acting_for(name, "test")
    for _ in range(times):
        await workbench.call("logs", {"pod": "orders-6c9d7b5f4-k2x8p", "previous": True})


async def test_triage_shows_what_was_found_and_what_was_not_looked_at(house: House) -> None:
    screen, tab = house.opened(Triage)
    await screen.do_hello({})
    assert "4 of 4 findings" in tab.html("found")
    assert "secrets in shop: forbidden" in tab.html("found")
    assert "chat?ask=Why%20Deployment%20shop/orders" in tab.html("found")


async def test_the_owner_tree_of_a_finding_opens_in_its_place_and_is_recorded(
    house: House,
) -> None:
    screen, tab = house.opened(Triage)
    await screen.do_hello({})
    assert 'data-do="owners" data-kind="Deployment"' in tab.html("found")
    said = {"kind": "Deployment", "namespace": "shop", "name": "orders", "to": "owners-0"}
    await screen.do_owners(said)
    assert "✗" in tab.html("owners-0")
    assert "Pod shop/orders-6c9d7b5f4-k2x8p" in tab.html("owners-0")
    (call,) = await house.workbench.store.calls.page(Wanted(words="owners"))
    assert f'data-evidence="{call.evidence}"' in tab.html("owners-0")
    await screen.do_owners({**said, "name": "gone", "to": "owners-1"})
    assert "notice" in tab.html("owners-1")


def test_an_empty_chat_and_triage_count_the_same_findings() -> None:
    levels = [Severity.ERROR] * 4 + [Severity.WARNING] * 3 + [Severity.INFO] * 2
    findings = tuple(msgspec.structs.replace(finding(), severity=level) for level in levels)
    look = Look(Diagnosis(cluster="test", now=START, findings=findings), "S-1", "E1", START)
    offered = suggestions(look)
    assert offered.count("<button") == 5
    assert "2 more at warning or worse" in offered
    assert "All 9 findings in Triage" in offered
    assert "9 of 9 findings (7 at warning or worse)" in triage.found(look, {})
    assert 'href="triage"' in offered
    picked = suggestions(look, Scope(namespaces=("shop",)))
    assert "All 9 findings of shop in Triage" in picked
    assert 'href="triage?namespace=shop"' in picked
    few = Look(Diagnosis(cluster="test", now=START, findings=findings[:2]), "S-1", "E1", START)
    assert "Triage" not in suggestions(few)


def test_a_suggestion_says_all_that_the_finding_says() -> None:
    told = msgspec.structs.replace(finding(), message="It is so. " * 60 + "That is the end.")
    look = Look(Diagnosis(cluster="test", now=START, findings=(told,)), "S-1", "E1", START)
    assert "That is the end." in suggestions(look)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"causes": "on"}, 2),
        ({"words": "media"}, 1),
        ({"words": "POD_CRASH orders"}, 1),
        ({"severity": "critical", "words": "nothing"}, 0),
        ({"severity": "<b>"}, 4),
        ({"namespace": "shop", "words": " "}, 3),
        ({"namespace": "sho"}, 0),
    ],
)
async def test_filters(house: House, wanted: dict[str, str], count: int) -> None:
    screen, tab = house.opened(Triage)
    await screen.do_hello({})
    await screen.do_filter(wanted)
    assert f"{count} of 4 findings" in tab.html("found")
    other, there = house.opened(Triage)  # whoever was sent the address sees the same
    (address,) = tab.told("address")
    await other.do_hello(dict(parse_qsl(urlsplit(address["to"]).query)))
    assert f"{count} of 4 findings" in there.html("found")


async def test_the_address_of_triage_fills_in_its_filters(house: House) -> None:
    screen, tab = house.opened(Triage)
    said = {
        "namespace": "<b>",
        "severity": "Error",
        "words": '">x',
        "causes": "on",
        "c": "x",
        "do": "hello",
    }
    await screen.do_hello(said)
    assert '<option value="&lt;b&gt;" selected="selected">&lt;b&gt;</option>' in tab.html(
        "namespaces"
    )
    assert '<option value="shop">shop</option>' in tab.html("namespaces")
    assert '<option value="error" selected="selected">' in tab.html("filters")
    assert 'value="&quot;&gt;x"' in tab.html("filters")
    assert 'checked="checked"' in tab.html("filters")
    await screen.do_filter({"namespace": " ", "severity": " ", "words": ""})
    assert tab.told("address")[-1]["to"] == "triage"


async def test_a_second_tab_of_a_person_does_not_look_again(house: House) -> None:
    visit = house.visit("ann")
    first = await visit.desk.look()
    assert await visit.desk.look() is first
    assert await visit.desk.look(anew=True) is not first


async def test_the_record_is_shown_a_page_at_a_time_each_call_once(house: House) -> None:
    await look(house, "ann", ROWS + 3)
    screen, tab = house.opened(Audit)
    await screen.do_hello({})
    first = tab.html("calls")
    await screen.do_older({})
    rest = tab.html("calls")
    await screen.do_older({})  # there is no third
    assert tab.html("calls") == rest
    labels = [f'data-evidence="E{n}"' for n in range(1, ROWS + 4)]
    assert sorted(first.count(n) + rest.count(n) for n in labels) == [1] * (ROWS + 3)
    await screen.do_newer({})
    assert tab.html("calls") == first


async def test_a_call_to_another_cluster_says_which(house: House) -> None:
    await look(house, "ann", 1)
    screen, tab = house.opened(Audit)
    await screen.do_hello({})
    assert "<b>" not in tab.html("calls")
    away = replace(house.workbench, address=ClusterAddress(name="prod-eu"))
    house.workbench = away
    screen, tab = house.opened(Audit)
    await screen.do_hello({})
    assert "<b>test</b>" in tab.html("calls")


async def test_the_record_of_others_is_an_administrators(house: House) -> None:
    await look(house, "bob", 2)
    mine, seen = house.opened(Audit)
    await mine.do_hello({})
    assert "bob" not in seen.html("calls")
    admins, all_of_it = house.opened(Audit, "root", sees_all=True)
    await admins.do_hello({})
    assert all_of_it.html("calls").count("bob (test)") == 2


async def test_the_record_is_searched_by_words_and_outcome(house: House) -> None:
    await look(house, "ann", 1)
    store = house.workbench.store.calls
    assert len(await store.page(Wanted(words="LOGS"))) == 1
    assert await store.page(Wanted(words="%")) == ()
    assert await store.page(Wanted(outcome=Outcome.FAILED)) == ()
    screen, tab = house.opened(Audit)
    await screen.do_filter({"words": "logs", "outcome": "done"})
    assert "kube_logs" in tab.html("calls")
    await screen.do_filter({"outcome": "refused"})
    assert "No calls are recorded." in tab.html("calls")


async def test_usage_adds_up_what_questions_took(house: House) -> None:
    for name in ("ann", "bob"):
        workbench = house.workbench.acting_for(name, "test")
        async for _ in workbench.ask("why is orders down?", Scope()):
            pass
    screen, tab = house.opened(UsageScreen)
    await screen.do_hello({})
    assert tab.html("spent").count("<tr>") == 3  # head, sum, ann
    assert "bob" not in tab.html("spent")
    admin, everything = house.opened(UsageScreen, "root", sees_all=True)
    await admin.do_since({"days": "30"})
    assert everything.html("spent").count("<tr>") == 4
    assert ">2<" in everything.html("spent")


async def test_who_has_had_what_they_may_have_is_told_and_sees_it_with_their_usage(
    house: House,
) -> None:
    one = Quota(investigations=1)
    house.workbench.quotas = {"": one, "operator": one}
    ann = house.workbench.acting_for("ann", "test", "operator")
    first = [made async for made, _ in ann.ask("why is orders down?", Scope())][-1]
    for again in (ann.ask("and now?", Scope()), ann.fork(first.label)):
        with pytest.raises(QuotaUsed, match="ann has used 1 of 1 investigations"):
            await anext(again)
    assert len(await ann.recent()) == 1  # nothing of it was begun
    bob = house.workbench.acting_for("bob", "test", "operator")
    assert [step async for step in bob.ask("why is orders down?", Scope())]  # has his own
    screen, tab = house.opened(UsageScreen)
    await screen.do_hello({})
    assert "You used 1 of 1 investigations within 24 hours; room again at" in tab.html("quota")
    house.workbench.quotas = {}
    free, other = house.opened(UsageScreen, "cleo")
    await free.do_hello({})
    assert other.html("quota") == ""


async def test_nothing_asked_is_said(house: House) -> None:
    screen, tab = house.opened(UsageScreen)
    await screen.do_since({"days": "7; drop table"})
    assert "Nothing was asked" in tab.html("spent")
