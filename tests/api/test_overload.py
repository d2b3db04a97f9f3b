"""Too much at a time: refused at once, and what is taken is served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from inspect import iscoroutinefunction

import httpx2
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from tests.store.nouns import an_intent
from tests.support.investigating import ANALYST
from tests.support.postgres import connected, database, open_folder, postgres_server
from tests.support.scripted_tools import ScriptedTools
from workbench.api.admission import AT_ONCE, Admission, Admitted
from workbench.api.app import NOUNS, create_app, guarded
from workbench.api.credentials import OwnToken
from workbench.api.principals import Principal, Role
from workbench.bootstrap import new_id, now
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress
from workbench.core.cluster import Scope as Where
from workbench.investigations.workbench import Workbench
from workbench.settings import load_settings
from workbench.store.database import Store, open_store

__all__ = ["database", "open_folder", "postgres_server"]

TOKEN = "t" * 32
CONNECTIONS = 2


class Settled(ScriptedTools):
    async def settled(self) -> None:
        pass


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with open_store(database, connections=CONNECTIONS) as opened:
        yield opened


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    bench = Workbench(
        tools=Settled({}), store=store, address=ClusterAddress(name="demo"), model=ANALYST,
        budget=Budget(), user="ann", surface="api", clock=now, new_id=new_id,
    )  # fmt: skip
    settings = load_settings()
    own = OwnToken(TOKEN, Principal(name="ann", role=Role.ADMIN))
    served = guarded(create_app(bench, settings), [own], settings)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=served), base_url="http://127.0.0.1",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as made:  # fmt: skip
        yield made


def called(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for one in dependant.dependencies:
        yield from called(one)


def test_no_route_and_nothing_it_needs_waits_for_a_thread() -> None:
    made = [route for noun in NOUNS for route in noun.router.routes if isinstance(route, APIRoute)]
    every = [call for route in made for call in called(route.dependant)]
    assert len(every) > 2 * 60
    assert [call for call in every if not iscoroutinefunction(call)] == []


async def test_when_every_connection_is_taken_the_answer_comes_within_the_pools_patience(
    client: httpx2.AsyncClient, store: Store, database: str
) -> None:
    made = await store.investigations.create(new_id(), "why?", Where(), now())
    assert (await client.get("/api/conversations")).status_code == 200
    async with connected(database) as other, other.transaction():
        await other.execute("lock table conversations in access exclusive mode")
        asked = (client.get("/api/conversations") for _ in range(4 * CONNECTIONS))
        waiting = asyncio.gather(*asked)
        while store.pool.use.busy < CONNECTIONS:  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0)
        assert await store.record.intend(an_intent(made.id)) == "E1"  # on connections of its own
        assert not waiting.done()
        async with asyncio.timeout(store.pool.seconds + 2):
            answers = await waiting
    assert store.pool.seconds <= 3
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert (await client.get("/api/conversations")).status_code == 200


async def test_of_five_times_as_much_most_that_fits_is_served_and_the_rest_told_at_once(
    client: httpx2.AsyncClient,
) -> None:
    answers = await asyncio.gather(*(client.get("/api/agents") for _ in range(5 * AT_ONCE)))
    refused = [a for a in answers if a.status_code == 503]
    served = [a for a in answers if a.status_code == 200]
    assert len(refused) + len(served) == 5 * AT_ONCE
    assert len(served) >= 0.8 * AT_ONCE
    assert all(int(a.headers["retry-after"]) > 0 for a in refused)


async def test_what_is_refused_does_not_wait_for_what_is_served() -> None:
    gate = asyncio.Event()
    answers: list[int] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await gate.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = Admitted(slow, Admission())

    async def ask(name: str) -> None:
        scope = {
            "type": "http", "method": "GET", "path": f"/api/{name}", "headers": [],
        }  # fmt: skip

        async def receive() -> dict[str, object]:
            return {"type": "http.request"}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                answers.append(int(str(message["status"])))

        await app(scope, receive, send)  # type: ignore[arg-type]

    full = [asyncio.create_task(ask(f"p{n}")) for n in range(AT_ONCE)]
    await asyncio.sleep(0)
    await asyncio.gather(*(ask(f"q{n}") for n in range(50)))
    assert answers == [503] * 50  # none of the first had been answered
    gate.set()
    await asyncio.gather(*full)
    assert answers[50:] == [200] * AT_ONCE
    await ask("again")
    assert answers[-1] == 200
