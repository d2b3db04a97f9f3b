"""The pages in a real browser: ask, watch, open, lose the connection, come back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from tests.api.conftest import signed
from tests.browser.conftest import Tab, shot
from workbench.bootstrap import new_id
from workbench.core.cluster import Scope
from workbench.core.duration import human
from workbench.core.investigation import Concluded
from workbench.investigations.wanted import interrupted
from workbench.store.database import open_store

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("chat")]

QUESTION = "Why is checkout failing?"
CONNECTS = """args => new Promise(done => {
    const socket = new WebSocket(args[0], ['bokeh', args[1]])
    socket.onopen = () => done('open')
    socket.onclose = () => done('closed')
})"""
CHATTERS = """args => new Promise(done => {
    const socket = new WebSocket(args[0], ['bokeh', args[1]])
    socket.onopen = () => args[2].forEach(frame => socket.send(frame))
    socket.onclose = (event) => done(event.code)
})"""
STEPS = ".turn .steps li"
STEP_IDS = "items => items.map(item => item.id)"
WIDER = """() => {
    const roots = [...document.querySelectorAll('*')].map(e => e.shadowRoot)
    const app = roots.map(r => r?.querySelector('.app')).find(e => e)
    const isWider = e => e.getBoundingClientRect().right > app.clientWidth + 1
    return [...app.querySelectorAll('.main *, .top *')]
        .filter(e => isWider(e) && !e.closest('.drawer, .wb-grid, .grid, svg'))
        .map(e => e.outerHTML.slice(0, 120))
}"""


def stored(address: str, name: str, path: str) -> Any:
    """What the API says to that person."""
    headers = {"Authorization": f"Bearer {signed(name)}"}
    return httpx2.get(address + path, headers=headers).raise_for_status().json()


def given(address: str, name: str, path: str, what: dict[str, Any]) -> Any:
    """What the API answers when that person hands it this."""
    headers = {"Authorization": f"Bearer {signed(name)}"}
    return httpx2.post(address + path, headers=headers, json=what).raise_for_status().json()


def asked(address: str, name: str) -> Any:
    """The one investigation of that person that answers QUESTION."""
    items = stored(address, name, "/api/investigations")["items"]
    (found,) = [item for item in items if item["question"] == QUESTION]
    return found


@pytest.mark.parametrize(("look", "width"), [("dark", 390), ("light", 1280)])
def test_who_is_not_signed_in_reads_how_to(
    tab: Callable[..., Tab], pages: str, look: str, width: int
) -> None:
    mine = tab("nora", width=width, color_scheme=look)
    mine.page.goto(f"{pages}/chat")
    assert "How to sign in" in mine.page.inner_text("main")
    paper = mine.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (look == "light")  # its style sheet is let in
    assert mine.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [said for said in mine.errors if "401" not in said] == []
    shot(mine.page, f"nobody-{look}-{width}")


def test_ask_watch_open_evidence_and_reload(tab: Callable[..., Tab], pages: str) -> None:
    mine = tab("ann")
    page = mine.open("/")
    page.wait_for_selector(".suggestions button")
    assert "token" not in page.url
    page.focus(".of summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".boxes input")
    page.keyboard.press("Tab")
    page.keyboard.type("shop")
    assert page.locator(".boxes label:visible").count() == 1
    page.focus("[name='ns.shop']")
    page.keyboard.press("Space")
    page.wait_for_selector(".of summary >> text=shop")
    page.keyboard.press("Escape")
    assert page.locator(".of summary:focus").count() == 1
    page.select_option("[name=since]", "86400")
    mine.ask(QUESTION)
    page.wait_for_selector(".is-complete")
    assert "payments-db" in page.inner_text(".wb-verdict")
    assert "namespace shop, last 24h" in page.inner_text(".asked")
    before = page.locator(STEPS).evaluate_all(STEP_IDS)
    assert len(before) == len(set(before)) > 2
    page.click("a.wb-chip >> nth=0")
    page.wait_for_selector(".drawer-open .drawer h2")
    assert "kube_diagnose" in page.inner_text(".drawer")
    page.click("text=Verify the record")
    page.wait_for_selector(".drawer .is-complete >> text=as they were written")
    page.keyboard.press("Escape")
    page.wait_for_selector(".app:not(.drawer-open)")
    page.click(".fold > summary")
    page.click(f"{STEPS} summary >> nth=0")
    page.wait_for_selector(f"{STEPS} pre")
    page.click("text=All of it")
    page.wait_for_selector(".drawer-open .drawer pre")
    page.keyboard.press("Escape")
    page.click("text=Timeline")
    page.wait_for_selector("figure.wt svg")
    assert "c=" in page.url
    page.reload()
    page.wait_for_selector(".is-complete")
    assert page.locator(STEPS).evaluate_all(STEP_IDS) == before
    assert "payments-db" in page.inner_text(".wb-verdict")
    assert page.inner_text(".of summary") == "shop"
    assert page.input_value("[name=since]") == "86400"
    assert mine.errors == []


def test_a_long_answer_ends_with_its_verdict_in_sight(tab: Callable[..., Tab]) -> None:
    mine = tab("vic", width=390)
    page = mine.open("/chat")
    page.wait_for_selector(".suggestions button")
    for question in (QUESTION, f"{QUESTION}\n" + "and here is what I saw\n" * 60):
        mine.ask(question)
        last = page.locator("article.turn >> nth=-1 >> .wb-verdict")
        last.wait_for()
        page.wait_for_timeout(200)  # a scroll that waits for its frame
        place = last.bounding_box()
        room = page.locator(".scroll").bounding_box()
        assert place
        assert room
        assert room["y"] <= place["y"]
        assert place["y"] + place["height"] <= room["y"] + room["height"]


def test_stop_cancels_and_keeps_the_steps(tab: Callable[..., Tab], pages: str) -> None:
    mine = tab("stan")
    page = mine.open("/chat")
    page.wait_for_selector(".empty")
    mine.ask(QUESTION, "openai:silent")
    page.wait_for_selector(f"{STEPS}:not(.running)")
    page.wait_for_selector(".stop:visible")
    page.keyboard.press("Control+.")
    page.wait_for_selector(".is-cancelled")
    assert page.locator(STEPS).count() >= 2
    assert asked(pages, "stan")["status"] == "cancelled"
    page.wait_for_selector("button[type=submit]:visible")
    shot(page, "stopped")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.type("checkout nowhere")
    page.wait_for_selector("text=None has these words.")
    shot(page, "searched")
    page.keyboard.press("Control+a")
    page.keyboard.type("CHECKOUT")
    page.wait_for_selector(".list li a")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 860})
    page.locator("button >> text=Go on").scroll_into_view_if_needed()
    shot(page, "stopped-dark-390")
    assert page.evaluate(WIDER) == []
    page.click("text=Go on")
    page.wait_for_selector(".is-complete")
    assert mine.errors == []


def test_a_conversation_is_renamed_and_its_answer_copied_for_a_notebook(
    tab: Callable[..., Tab], pages: str
) -> None:
    number = given(pages, "rena", "/api/chat", {"message": QUESTION})["number"]
    mine = tab("rena", permissions=["clipboard-read", "clipboard-write"])
    page = mine.open("/chat")
    page.click(".list .more summary")
    page.click("text=Rename")
    page.fill(".list [name=title]", "The night of the payments")
    page.keyboard.press("Enter")
    page.click(".list a >> text=The night of the payments")
    page.wait_for_selector(".is-complete")
    cell = f'import workbench as wb\n\nwb.load("INV-{number}")'
    for clipboard in ("as it is", "none, as over plain http from another machine"):
        page.evaluate("navigator.clipboard.writeText('before')")
        if clipboard != "as it is":
            page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        page.wait_for_selector(".copied", state="detached")
        page.click("text=Copy for a notebook")
        page.wait_for_selector(".copied")
        page.focus("textarea")
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+v")
        assert page.input_value("textarea") == cell
    assert mine.errors == []


def test_the_ages_in_the_list_go_on_and_say_what_the_server_would(
    tab: Callable[..., Tab],
) -> None:
    mine = tab("agnes")
    page = mine.open("/chat")
    mine.ask(QUESTION)
    page.wait_for_selector(".is-complete")
    used = page.locator(".list time")
    said = used.inner_text()
    while used.inner_text() == said:
        page.wait_for_timeout(100)
    for seconds in (0, 119, 120, 599, 601, 10_799, 10_900, 28_800, 172_799, 180_000, 9 * 86_400,
                    800 * 86_400, 9 * 365 * 86_400):  # fmt: skip
        used.evaluate("(e, s) => { e.dataset.from = Date.now() - s * 1000 - 200 }", seconds)
        page.wait_for_timeout(1_300)  # the next tick
        late = int(used.evaluate("e => (Date.now() - Number(e.dataset.from)) / 1000")) - seconds
        assert used.inner_text() in {f"{human(seconds + n)} ago" for n in range(late + 1)}


def test_a_lost_network_loses_and_doubles_nothing(tab: Callable[..., Tab], pages: str) -> None:
    mine = tab("nora")
    page = mine.open("/chat")
    page.wait_for_selector(".empty")
    mine.ask(QUESTION, "openai:silent")
    page.wait_for_selector(f"{STEPS}:not(.running)")
    page.fill("textarea", "half a thought")
    mine.context.set_offline(True)
    page.wait_for_selector(".lost")
    label = asked(pages, "nora")["label"]
    headers = {"Authorization": f"Bearer {signed('nora')}"}
    httpx2.post(f"{pages}/api/investigations/{label}/cancel", headers=headers).raise_for_status()
    mine.context.set_offline(False)
    page.wait_for_selector(".is-cancelled")
    steps = stored(pages, "nora", f"/api/investigations/{label}")["steps"]
    calls = {s["call_id"] for s in steps if s["type"] == "tool_called"}
    shown = page.locator(STEPS).evaluate_all(STEP_IDS)
    assert len(shown) == len(set(shown))
    assert sum(any(name.endswith(call) for call in calls) for name in shown) == len(calls)
    assert page.locator("article.turn").count() == 1
    assert page.input_value("textarea") == "half a thought"


def test_nobody_sees_what_is_somebody_elses(tab: Callable[..., Tab], pages: str) -> None:
    hers = tab("olga")
    page = hers.open("/chat")
    hers.ask("why is the secret project checkout failing?")
    page.wait_for_selector(".is-complete")
    address = page.url.removeprefix(pages)
    his = tab("otto")
    other = his.open(address)
    other.wait_for_selector(".notice >> text=There is no conversation")
    for path, ready in ((address, ".notice"), ("/audit", ".pager"), ("/usage", "text=Nothing was")):
        other = his.open(path)
        other.wait_for_selector(ready)
        assert "secret project" not in other.inner_text(".app")
        assert "olga" not in other.inner_text(".app")


def test_a_page_is_of_no_use_to_somebody_else(tab: Callable[..., Tab], pages: str) -> None:
    """The websocket of a page that was made for another person is refused."""
    hers = tab("olga")
    page = hers.open("/chat")
    page.wait_for_selector(".empty")
    token = re.search(r'"token":"([^"]+)"', page.content())
    assert token
    address = pages.replace("http", "ws") + "/chat/ws"
    assert page.evaluate(CONNECTS, [address, token[1]]) == "open"
    other = tab("otto").open("/chat")
    other.wait_for_selector(".empty")
    assert other.evaluate(CONNECTS, [address, token[1]]) == "closed"


def test_a_link_does_nothing(tab: Callable[..., Tab], pages: str) -> None:
    """Whoever opens it is signed in, and anybody may have written it."""
    mine = tab("lea", group="admins")
    page = mine.open("/tools?do=add&name=evil&target=http://127.0.0.1:9/mcp")
    page.wait_for_selector("#server-kube")
    assert page.locator("#server-evil").count() == 0
    page = mine.open("/chat?do=ask&question=asked+by+a+link")
    page.wait_for_selector(".suggestions button")
    assert page.locator(".turn").count() == 0
    assert stored(pages, "lea", "/api/conversations")["items"] == []


@pytest.mark.parametrize("frames", [["{}", "[]", "[]"], ["[", "{}", "{}"], ["x" * 20_000_000]])
def test_who_sends_what_no_page_says_is_cut_off(
    tab: Callable[..., Tab], pages: str, frames: list[str]
) -> None:
    page = tab("mallory").open("/chat")
    page.wait_for_selector(".empty")
    token = re.search(r'"token":"([^"]+)"', page.content())
    assert token
    address = pages.replace("http", "ws") + "/chat/ws"
    code = page.evaluate(CHATTERS, [address, token[1], frames])
    assert code == (1009 if len(frames) == 1 else 1003)


@pytest.fixture(scope="module")
def unfinished(pages: str, pages_database: str) -> str:
    """The title of a conversation of paul's with a whole answer, one that ran out of its budget
    and one whose process was killed."""
    whole = given(pages, "paul", "/api/chat", {"message": QUESTION})

    async def keep() -> None:
        async with open_store(pages_database) as store:
            steps = (await store.investigations.load(UUID(whole["id"]))).steps
            at, end = steps[0].at, steps[-1]
            assert isinstance(end, Concluded)
            why = "the budget of $0.05 is spent"
            verdict = f"Stopped early because {why}. So far: {end.conclusion.verdict}"
            short = msgspec.structs.replace(end.conclusion, verdict=verdict, stopped=why)
            paul = (await store.users.ensure(new_id(), "paul@example.com")).id
            (kept,) = await store.conversations.list(paul)
            for last in (Concluded(at=end.at, conclusion=short), interrupted("INV-1", end.at)):
                made = new_id()
                await store.investigations.create(
                    made, QUESTION, Scope(), at, user=paul, conversation=kept.id
                )
                for seq, step in enumerate((*steps[:-1], last)):
                    await store.investigations.append(made, seq, step)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, keep()).result()
    return QUESTION


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_its_screen(
    tab: Callable[..., Tab], unfinished: str, width: int, look: str
) -> None:
    mine = tab("paul", width=width, color_scheme=look)
    page = mine.open("/chat")
    page.wait_for_selector(".suggestions button")
    shot(page, f"welcome-{look}-{width}")
    page.click(".of summary")
    page.wait_for_selector(".boxes input")
    shot(page, f"picker-{look}-{width}")
    assert page.evaluate(WIDER) == []
    page.click(".empty h1")
    page.wait_for_selector(".pick", state="hidden")
    page.click(".suggestions button >> nth=0")
    page.wait_for_selector(".state")
    shot(page, f"chat-{look}-{width}")
    page.click(".fold > summary")
    assert page.evaluate(WIDER) == []
    page.click("a.wb-chip >> nth=0")
    page.wait_for_selector(".drawer-open .drawer pre")
    shot(page, f"evidence-{look}-{width}")
    page.keyboard.press("Escape")
    if width < 800:
        page.click(".menu")
    page.click(f".list a:has-text('{unfinished}')")
    for state in ("partial", "interrupted"):
        page.locator(f".is-{state}").scroll_into_view_if_needed()
        shot(page, f"{state}-{look}-{width}")
    assert page.evaluate(WIDER) == []
    for path, ready in (
        ("triage", ".findings li"),
        ("audit", ".grid tbody tr"),
        ("usage", ".grid tbody tr"),
    ):
        page = mine.open(f"/{path}")
        page.wait_for_selector(ready)
        shot(page, f"{path}-{look}-{width}")
        assert page.evaluate(WIDER) == []
    assert mine.errors == []


def test_triage_filters_and_asks_with_one_click(tab: Callable[..., Tab]) -> None:
    mine = tab("tina")
    page = mine.open("/triage")
    page.wait_for_selector(".findings li")
    everything = page.locator(".findings > li").count()
    page.click("text=Owner tree >> nth=0")
    page.wait_for_selector(".findings >> text=← asked")
    page.fill("[name=words]", "payments-db")
    while page.locator(".findings > li").count() == everything:
        page.wait_for_timeout(50)
    page.click("text=Ask about this >> nth=0")
    page.wait_for_selector(".composer textarea")
    assert "payments-db" in page.input_value("textarea")
    page.press("textarea", "Enter")
    page.wait_for_selector(".is-complete")


def test_leaving_a_field_does_not_send_again_what_was_typed_into_it(
    tab: Callable[..., Tab],
) -> None:
    mine, sent = tab("tanja"), list[str]()
    mine.page.on("websocket", lambda socket: socket.on("framesent", lambda f: sent.append(str(f))))
    page = mine.open("/triage")
    page.wait_for_selector(".findings li")
    everything = page.locator(".findings li").count()
    page.fill("[name=words]", "payments-db")
    while page.locator(".findings li").count() == everything:
        page.wait_for_timeout(50)
    page.locator("[name=words]").blur()
    page.select_option("[name=severity]", "critical")
    page.wait_for_selector(".findings:empty", state="attached")
    assert len([frame for frame in sent if "payments-db" in frame]) == 2


def test_it_is_used_without_a_mouse(tab: Callable[..., Tab]) -> None:
    mine = tab("kim")
    page = mine.open("/chat")
    page.wait_for_selector(".suggestions button")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".is-complete")
    page.locator("a.wb-chip").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".drawer-open")
    page.keyboard.press("Escape")
    page.wait_for_selector(".app:not(.drawer-open)")
    assert page.locator("a.wb-chip:focus").count() == 1
    page.keyboard.press("n")
    page.wait_for_selector(".empty")
    assert page.locator("textarea:focus").count() == 1
    page.wait_for_selector(".suggestions button")
    page.locator(".suggestions button").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".suggestions li:nth-child(2) button:focus").count() == 1
    page.keyboard.press("End")
    assert page.locator(".suggestions li:last-child button:focus").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_selector(".is-complete")
    assert mine.errors == []


def test_the_list_is_gone_through_and_what_is_shown_anew_keeps_the_focus(
    tab: Callable[..., Tab], pages: str
) -> None:
    for question in ("Is cart healthy?", "Is search healthy?", QUESTION):
        given(pages, "kyle", "/api/chat", {"message": question})
    mine = tab("kyle")
    page = mine.open("/chat")
    page.wait_for_selector(".suggestions button")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.type("healthy")
    page.locator(".list li").nth(2).wait_for(state="detached")
    page.keyboard.press("ArrowDown")
    assert page.locator(".list li:first-child a:focus").count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # there is no third
    assert page.locator(".list a:focus >> text=cart").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_selector(".list a[aria-current] >> text=cart")
    assert page.locator(".list a:focus >> text=cart").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Rename
    page.wait_for_selector(".list input:focus")
    page.keyboard.press("Escape")
    page.wait_for_selector(".list a:focus >> text=Is cart healthy?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".list input:focus")
    page.keyboard.press("Control+A")
    page.keyboard.type("All healthy")
    page.keyboard.press("Enter")
    page.wait_for_selector(".list a:focus >> text=All healthy")
    assert mine.errors == []


def test_on_a_phone_the_list_takes_the_focus_and_gives_it_back(tab: Callable[..., Tab]) -> None:
    mine = tab("kai", width=390)
    page = mine.open("/chat")
    page.wait_for_selector(".suggestions button")
    assert page.locator("textarea:focus").count() == 0  # its keyboard would cover the page
    page.locator(".menu").focus()
    page.keyboard.press("Enter")
    assert page.locator(".side button:focus").count() == 1
    assert page.locator(".menu[aria-expanded=true]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".menu[aria-expanded=false]:focus").count() == 1
