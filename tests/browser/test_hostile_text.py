"""Text from clusters, people and models stays text: shown everywhere, it runs and loads nothing.

Every payload goes through object names, states and logs of a frozen cluster, through questions and
through the steps and conclusion of an investigation; each page is looked at as it is served, and
once more with its Content-Security-Policy off, so that escaping alone has to hold.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.api.conftest import fresh_database, serving, signed
from tests.browser.conftest import Sink, Tab
from tests.browser.payloads import COUNT, payloads
from tests.support.postgres import new_id
from tests.support.samples import START, answered, at, called, finding
from workbench.core.change import (
    PROPOSAL_LIFETIME,
    BlastRadius,
    Preview,
    ProposedChange,
    Undo,
)
from workbench.core.cluster import Gap, ObjectRef, Scope
from workbench.core.evidence import Ended, Intent, Outcome
from workbench.core.incident import Outcome as Outcomes
from workbench.core.investigation import (
    Asked,
    Claim,
    Concluded,
    Conclusion,
    Failed,
    FindingsRaised,
    Said,
    Step,
)
from workbench.core.knowledge import Document, Piece, Type
from workbench.core.tools import McpServer, Transport
from workbench.store.database import Store, open_store
from workbench.store.jsonb import storable_text

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("chat")]

WHO = "eve"
ASKED = 3
"""The pod whose log says all of them."""
FOREIGN = """() => {
    const roots = [document, ...[...document.querySelectorAll('*')].map(e => e.shadowRoot)]
    const apps = roots.filter(r => r).flatMap(r => [...r.querySelectorAll('.app, main')])
    const bad = 'script, img, iframe, object, embed, link, meta, base, video, audio, form[action],'
        + ' [onerror], [onload], [onclick],'
        + ' [style]:not(.composer textarea), a[href^="javascript" i], a[href^="http"]'
    return apps.flatMap(a => [...a.querySelectorAll(bad)]).map(e => e.outerHTML.slice(0, 200))
}"""


def pod(name: str, text: str) -> dict[str, Any]:
    """A pod that crashes and says so with the text."""
    started = "2026-03-01T02:00:00Z"
    ended = {"exitCode": 1, "reason": "Error", "message": text, "finishedAt": started}
    state = {
        "name": "app", "ready": False, "restartCount": 9, "image": text, "imageID": "",
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": text}},
        "lastState": {"terminated": ended},
    }  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": started,
                     "labels": {"app": text}, "annotations": {"note": text}},
        "spec": {"nodeName": "n1", "containers": [
            {"name": "app", "image": text, "args": [text], "env": [{"name": text, "value": text}]}
        ]},
        "status": {"phase": "Running", "startTime": started, "message": text,
                   "containerStatuses": [state]},
    }  # fmt: skip


def snapshot(folder: Path, texts: list[str]) -> Path:
    """A frozen cluster that is full of them, in names that an API server would refuse as well."""
    objects = folder / "objects" / "shop"
    objects.mkdir(parents=True)
    pods = [pod(f"web-{n}", text) for n, text in enumerate(texts)]
    pods += [pod(text, text) for text in texts[:20] if "/" not in text]
    events = [
        {
            "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": text, "message": text,
            "metadata": {"name": f"e{n}", "namespace": "shop", "uid": f"e{n}",
                         "creationTimestamp": "2026-03-01T02:50:00Z"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": f"web-{n}"},
            "lastTimestamp": "2026-03-01T02:50:00Z", "count": 3,
        }
        for n, text in enumerate(texts)
    ]  # fmt: skip
    for plural, kind, items in (("pods", "PodList", pods), ("events", "EventList", events)):
        body = {"apiVersion": "v1", "kind": kind, "items": items}
        (objects / f"{plural}.json").write_text(json.dumps(body))
    for n in range(len(texts)):
        logs = folder / "logs" / "shop" / f"web-{n}"
        logs.mkdir(parents=True)
        written = (texts[n], *(texts if n == ASKED else ()))
        for name in ("app.log", "app.previous.log"):
            (logs / name).write_text("\n".join(f"ERROR {text}" for text in written))
    manifest = {"format": 1, "cluster": texts[0], "taken_at": "2026-03-01T03:00:00Z"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def runbook(text: str) -> dict[str, Any]:
    """A runbook that says it in its title, its words and its parameters."""
    line = " ".join(text.replace("\0", "").split())  # Python takes no NUL
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": text},
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [],
         "source": f"x: str = {line!r}  # {line}\ny: Literal[{line!r}]  # {line}"},
    ]  # fmt: skip
    about = {"title": line, "summary": line, "codes": [line]}
    return {"cells": cells, "metadata": {"workbench": about}, "nbformat": 4, "nbformat_minor": 5}


async def keep(dsn: str, texts: list[str]) -> None:
    """An investigation of WHO for every payload, with it in every place there is."""
    async with open_store(dsn) as store:
        words = texts[0]
        await store.mcp_servers.save(new_id(), McpServer(
            name="hostile", transport=Transport.STDIO, description=words, command="false",
            args=(words,), env={words: "x"}, enabled=False,
        ))  # fmt: skip
        person = await store.users.ensure(new_id(), f"{WHO}@example.com")
        conversation = new_id()
        await store.conversations.create(conversation, user=person.id, title="all of them")
        for n, text in enumerate(texts):
            await store.conversations.create(new_id(), user=person.id, title=text)
            made = await store.investigations.create(
                new_id(), text, Scope(namespaces=(text,)), datetime.now(UTC),
                user=person.id, conversation=conversation,
            )  # fmt: skip
            intent = Intent(
                id=new_id(), investigation=made.id, user=text, surface="chat", server=text,
                tool=text, arguments={text: text}, cluster=text, at=START,
            )  # fmt: skip
            await store.record.intend(intent)
            table = {"columns": [{"name": text, "type": "text"}], "rows": [[text]]}
            ended = Ended(
                outcome=Outcome.FAILED if n % 2 else Outcome.DONE, duration_ms=1.0, text=text,
                data=table, error=text if n % 2 else "",
            )  # fmt: skip
            await store.record.finish(intent, ended)
            for seq, step in enumerate(steps(text, failed=n % 7 == 0)):
                await store.investigations.append(made.id, seq, step)
            await keep_more(store, person.id, made.id, text)


async def keep_more(store: Store, person: UUID, investigation: UUID, text: str) -> None:
    """A proposed change, an incident, a document and a tool server that say it everywhere."""
    blast = BlastRadius(pods=1, named=(text,), budgets=(text,), owners=(text,), notes=(text,))
    preview = Preview(
        tool=text, arguments={text: text}, target=ObjectRef(text, text, text), diff=f"+{text}",
        blast=blast, allowed_why=text, undo=Undo(command=text, note=text), command=text,
    )  # fmt: skip
    now = datetime.now(UTC)
    await store.changes.propose(ProposedChange(
        id=new_id(), investigation=investigation, evidence="E1", tool=text, preview=preview,
        cluster=text, why=text, by=text, at=now, expires=now + PROPOSAL_LIFETIME,
    ))  # fmt: skip
    one = await store.incidents.open(new_id(), text, text, now, user=person, namespace=text)
    await store.incidents.attach(one, investigation, (f"code:{text}", f"log:{text}"), now)
    await store.incidents.note(new_id(), one, text, text, now)
    await store.incidents.close(one, text, now, cause=text, fix=text, outcome=Outcomes.FIXED)
    piece = Piece(text=f"quokka {text}", heading=text, anchor=text)
    document = Document(
        id=new_id(), source=f"upload:{text}", title=text, type=Type.NOTE, pieces=(piece,),
        sha256="0" * 64, at=now, owner=person, namespace="", codes=(text,),
    )  # fmt: skip
    await store.passages.put([document], person)


def steps(text: str, failed: bool) -> list[Step]:
    bad = finding(subject=ObjectRef(text, text, text), title=text, message=text, next_steps=(text,))
    conclusion = Conclusion(
        verdict=text,
        claims=(Claim(text=text, evidence=("E1",)), Claim(text=text)),
        ruled_out=(text,),
        not_checked=(Gap(text, text),),
        next_steps=(text, f"kubectl {text}"),
    )
    return [
        Asked(at=START, question=text, scope=Scope(namespaces=(text,)), model=text, cluster=text),
        called(1, text, **{"kind": text}),
        answered(1, text, text, failed=failed),
        FindingsRaised(at=at(2), findings=(bad,), gaps=(Gap(text, text),), evidence="E1"),
        Said(at=at(3), text=text),
        Failed(at=at(4), reason=text, hint=text)
        if failed
        else Concluded(at=at(4), conclusion=conclusion),
    ]


@pytest.fixture(scope="module")
def texts(sink: Sink) -> list[str]:
    return payloads(sink.address)


@pytest.fixture(scope="module")
def hostile(
    postgres_server: str, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server over a cluster and a record full of payloads."""
    folder = tmp_path_factory.mktemp("hostile")
    frozen = snapshot(folder / "cluster", texts)
    dsn = fresh_database(postgres_server)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, keep(dsn, texts)).result()
    books = folder / "books"
    books.mkdir()
    (books / "hostile.ipynb").write_text(json.dumps(runbook("\n\n".join(texts))))
    more = {"WORKBENCH_SNAPSHOT": str(frozen), "WORKBENCH_RUNBOOK_DIRS": str(books)}
    with serving(dsn, folder, **more) as (address, _):
        yield address


def inert(tab: Tab, sink: Sink) -> None:
    """Nothing ran, nothing was asked of another origin, and no payload has become an element."""
    tab.page.wait_for_timeout(150)  # what would run late
    assert tab.ran == []
    assert tab.elsewhere == []
    assert sink.hits == []
    assert tab.page.evaluate(FOREIGN) == []


def conversation(address: str) -> str:
    headers = {"Authorization": f"Bearer {signed(WHO)}"}
    items = httpx2.get(f"{address}/api/conversations?limit=100", headers=headers).json()["items"]
    return next(item["id"] for item in items if item["title"] == "all of them")


@pytest.mark.parametrize("bypass", [False, True], ids=["as-served", "without-policy"])
def test_no_payload_runs_or_loads_anything(
    tab: Callable[..., Tab], hostile: str, sink: Sink, texts: list[str], bypass: bool
) -> None:
    assert COUNT >= 200
    mine = tab(WHO, address=hostile, bypass_csp=bypass)
    page = mine.open("/chat")
    page.wait_for_selector(".suggestions button, .suggestions + *, #welcome .dim >> nth=1")
    inert(mine, sink)  # cluster, object names, suggestions, titles of conversations
    page = mine.open(f"/chat?c={conversation(hostile)}")
    page.wait_for_selector("article.turn")
    assert page.locator("article.turn").count() == len(texts)
    inert(mine, sink)  # questions, claims, findings, failures
    page.evaluate(
        "() => [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(r => r)"
        ".forEach(r => r.querySelectorAll('details').forEach(d => { d.open = true }))"
    )
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(r => r)"
        ".every(r => !r.textContent.includes('Opening …'))"
    )
    inert(mine, sink)  # arguments, results, errors
    for n in (0, len(texts) // 2):
        page.click(f"a.wb-chip >> nth={n}")
        page.wait_for_selector(".drawer-open .wb-grid")
        inert(mine, sink)  # the drawer, with a table
        page.keyboard.press("Escape")
        page.wait_for_selector(".app:not(.drawer-open)")
    for path, ready in (
        ("triage", ".findings li"),
        ("audit", ".grid tr"),
        ("usage", ".grid tr"),
        ("approvals", f".change >> nth={len(texts) - 1}"),
        ("incidents", ".books li"),
        (f"incidents?id=INC-{len(texts) // 2}", ".gates li"),
        ("runbooks?name=hostile", ".form"),
        ("tools", "#server-hostile"),
        ("knowledge", ".grid tr"),
    ):
        page = mine.open(f"/{path}")
        page.wait_for_selector(ready)
        inert(mine, sink)
    page.fill("[name=words]", "quokka")
    page.keyboard.press("Enter")
    page.wait_for_selector("mark")
    inert(mine, sink)


@pytest.mark.parametrize("bypass", [False, True], ids=["as-served", "without-policy"])
def test_a_question_full_of_payloads_is_words(
    tab: Callable[..., Tab], hostile: str, sink: Sink, texts: list[str], bypass: bool
) -> None:
    mine = tab(f"mallory{bypass}", address=hostile, bypass_csp=bypass)
    page = mine.open("/chat")
    page.wait_for_selector("#welcome")
    mine.ask("\n".join([f"why does web-{ASKED} crash?", *texts])[:16_000])
    page.wait_for_selector(".state")
    page.click(".fold > summary")
    page.click(".steps summary >> nth=0")
    page.wait_for_selector(".steps pre")
    inert(mine, sink)
    assert "<script>" in page.inner_text(".asked")


def test_exported_reports_are_inert(
    tab: Callable[..., Tab], hostile: str, sink: Sink, texts: list[str]
) -> None:
    headers = {"Authorization": f"Bearer {signed(WHO)}"}
    found = httpx2.get(f"{hostile}/api/investigations?limit=100", headers=headers).json()["items"]
    kept = {storable_text(text) for text in texts}
    labels = [item["label"] for item in found if item["question"] in kept]
    assert len(labels) == len(texts)
    for bypass, some in ((False, labels[::5]), (True, labels)):
        mine = tab(WHO, address=hostile, bypass_csp=bypass)
        for label in some:
            mine.open(f"/api/investigations/{label}/report")
            assert mine.page.locator("h1").count() == 1
        inert(mine, sink)
