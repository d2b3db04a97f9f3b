"""The runbooks page, as a tab sees it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from uuid_utils.compat import uuid7

from tests.chat.conftest import House, Tab, until
from workbench.chat.screens.runbooks import Runbooks
from workbench.core.runbook import Run, RunStatus
from workbench.errors import (
    AccessDenied,
    NotRecorded,
    Overloaded,
    ParameterError,
    RunbookUnknown,
)
from workbench.investigations.wanted import settle
from workbench.runbooks.catalogue import read

BROKEN = "no-kernel"
"""A runbook whose kernel does not exist: it fails at once, and starts nothing."""


@pytest.fixture(autouse=True)
def book(tmp_path: Path) -> None:
    source = 'namespace: str = ""  # <b>where</b>\ncount: int = 3\nname: str  # which one\n'
    cell = {"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]},
            "source": source, "outputs": [], "execution_count": None}  # fmt: skip
    about = {"title": "<b>Broken</b>", "summary": "for <i>tests</i>"}
    kernel = {"name": "there-is-none", "display_name": "none", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"workbench": about, "kernelspec": kernel},
                "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
    (tmp_path / f"{BROKEN}.ipynb").write_text(json.dumps(notebook))


async def ended(tab: Tab) -> None:
    await until(lambda: "is-failed" in tab.html("run"))


async def test_the_list_has_every_runbook_and_words_to_search_by(house: House) -> None:
    screen, tab = house.opened(Runbooks)
    await screen.do_hello({})
    books = tab.html("books")
    assert "&lt;b&gt;Broken&lt;/b&gt;" in books
    assert books.count("<li") > 10
    assert 'data-words="crash-looping-workload' in books
    screen.close()


async def test_one_shows_a_form_of_its_typed_parameters(house: House) -> None:
    screen, tab = house.opened(Runbooks)
    await screen.do_book({"name": BROKEN})
    form = tab.html("book")
    assert 'name="p.count" value="3"' in form
    assert 'type="number"' in form
    assert 'required="required"' in form
    assert 'list="namespaces"' in form
    assert "&lt;b&gt;where&lt;/b&gt;" in form
    await screen.do_book({"name": "namespace-health"})
    assert '<option value="critical">' in tab.html("book")
    assert "Looks for" not in tab.html("book")  # for everything
    await screen.do_book({"name": "pending-pod"})
    assert re.search(r"Looks for [A-Z_, ]+( …|[A-Z]\.)<", tab.html("book"))


async def test_a_run_is_followed_kept_and_only_ones_own(house: House) -> None:
    screen, tab = house.opened(Runbooks)
    await screen.do_run({"name": BROKEN, "p.name": "x", "p.count": ""})
    await ended(tab)
    assert "namespace=" not in tab.html("run")  # left as they were
    assert "name=x" in tab.html("run")
    (run,) = await house.runs.list("ann")
    assert f"api/runs/{run.id}/notebook?format=html" in tab.html("run")
    assert str(run.id) in tab.html("runs")
    other, others = house.opened(Runbooks, "bob")
    await other.do_hello({})
    assert str(run.id) not in others.html("runs")
    await other._handled(other.do_opened, {"run": str(run.id)})
    assert "There is no run" in others.html("notice")
    await other._handled(other.do_stop, {"run": str(run.id)})
    assert "There is no run" in others.html("notice")
    admin, everybody = house.opened(Runbooks, "root", sees_all=True)
    await admin.do_hello({"run": str(run.id)})
    await ended(everybody)


async def test_every_replica_lists_a_run_follows_it_and_has_its_notebook(
    house: House, tmp_path: Path
) -> None:
    screen, tab = house.opened(Runbooks)
    await screen.do_run({"name": BROKEN, "p.name": "x"})
    (run,) = await house.runs.list("ann")
    other = House(house.workbench.store, tmp_path / "other")
    states = [state async for state in other.runs.follow(run.id, "ann")]
    assert states[-1].status is RunStatus.FAILED
    await ended(tab)
    assert await other.runs.list("ann", runbook=BROKEN) == (states[-1],)
    assert await other.runs.list("ann", runbook="another") == ()
    assert await other.runs.list("bob") == ()
    notebook = json.loads(await other.runs.notebook(run.id))
    assert not house.runs._written(run.id).exists()
    assert notebook["metadata"]["workbench"]["run"]["status"] == "failed"
    for left in (other.runs.get(run.id, "bob"), other.runs.notebook(uuid4())):
        with pytest.raises(NotRecorded):
            await left


async def test_a_run_whose_process_is_gone_is_interrupted(house: House) -> None:
    store = house.workbench.store
    run = Run(id=uuid7(), runbook=BROKEN, user="ann", parameters={}, status=RunStatus.RUNNING,
              started_at=house.workbench.clock())  # fmt: skip
    await store.runs.save(run)
    await store.leases.take(run.id, uuid4())
    gone = "update leases set beat = now() - interval '6 s', owner = 0"
    await store.pool.run(lambda c: c.execute(gone))
    assert await settle(store, uuid4(), house.workbench.clock) == 1
    screen, tab = house.opened(Runbooks)
    await screen.do_hello({"run": str(run.id)})
    await until(lambda: "interrupted" in tab.html("run"))
    assert "The process that ran it is gone." in tab.html("run")
    screen.close()


def left_running(house: House, **fields: object) -> Run:
    """A run of a server that is gone."""
    made = Run(id=uuid7(), runbook=BROKEN, user="ann", parameters={"name": "x"},
               status=RunStatus.RUNNING, started_at=house.workbench.clock(), cluster="test",
               most_tries=3)  # fmt: skip
    return msgspec.structs.replace(made, **fields)


@asynccontextmanager
async def beginning_again(house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(house.runs.keep_beginning_again())
    yield
    task.cancel()


async def last(house: House, run: Run) -> Run:
    return [state async for state in house.runs.follow(run.id)][-1]


async def test_a_run_whose_server_stops_is_begun_again_by_another(
    house: House, tmp_path: Path
) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    notebook = json.loads((tmp_path / f"{BROKEN}.ipynb").read_text())
    del notebook["metadata"]["kernelspec"]  # so that it takes its time there
    (elsewhere / f"{BROKEN}.ipynb").write_text(json.dumps(notebook))
    other = House(house.workbench.store, elsewhere)
    book = read(elsewhere / f"{BROKEN}.ipynb")
    run = await other.runs.start(uuid7(), book, {"name": "x"}, "ann")
    await other.runs.close()
    async with asyncio.timeout(60):  # a kernel that was just starting may take longer to leave
        while not (waiting := await house.runs.get(run.id)).waits:  # noqa: ASYNC110 - in PostgreSQL
            await asyncio.sleep(0.1)
    assert waiting.status is RunStatus.RUNNING
    with pytest.raises(Overloaded):
        await other.runs.start(uuid7(), book, {"name": "x"}, "ann")
    screen, tab = house.opened(Runbooks)
    await screen.do_hello({"run": str(run.id)})
    await until(lambda: "another one begins it again" in tab.html("run"))
    async with beginning_again(house):
        ended = await last(house, run)
    assert (ended.status, ended.tries, ended.waits) == (RunStatus.FAILED, 2, False)
    await until(lambda: "2 times" in tab.html("run"))
    screen.close()


async def test_a_run_whose_server_was_killed_is_begun_again_as_often_as_it_may_be(
    house: House,
) -> None:
    store = house.workbench.store
    runs = [left_running(house), left_running(house, tries=3), left_running(house, most_tries=1)]
    for run in runs:
        await store.runs.save(run, claim=(holder := uuid4()))
        await store.leases.take(run.id, holder)
    gone = "update leases set beat = now() - interval '6 s', owner = 0"
    await store.pool.run(lambda c: c.execute(gone))
    assert await settle(store, uuid4(), house.workbench.clock) == 3
    async with beginning_again(house):
        ended = [await last(house, run) for run in runs]
    assert [run.tries for run in ended] == [2, 3, 1]
    assert [run.status.value for run in ended] == ["failed", "interrupted", "interrupted"]


async def test_what_no_server_can_begin_again_is_interrupted(house: House) -> None:
    store = house.workbench.store
    changed = left_running(house, parameters={"none": "such"})
    stopped, old, elsewhere = left_running(house), left_running(house), left_running(house)
    elsewhere = msgspec.structs.replace(elsewhere, cluster="another")
    for run in (changed, stopped, old, elsewhere):
        await store.runs.save(run)
        assert await store.runs.hand_over(run.id)
    await house.runs.cancel(stopped.id)
    assert (await last(house, stopped)).error == "It was stopped."
    async with beginning_again(house):
        assert "not begun again" in (await last(house, changed)).error
        await last(house, old)
    assert (await house.runs.get(elsewhere.id)).waits
    await settle(store, uuid4(), house.workbench.clock)
    assert (await house.runs.get(elsewhere.id)).waits
    await store.runs.give_up(0)
    assert "no other came" in (await last(house, elsewhere)).error


async def test_who_was_taken_for_gone_changes_nothing_of_a_run_any_more(house: House) -> None:
    runs, run = house.workbench.store.runs, left_running(house)
    await runs.save(run, claim=(first := uuid4()))
    assert not await runs.hand_over(run.id, uuid4())
    assert await runs.hand_over(run.id, first)
    late = msgspec.structs.replace(run, status=RunStatus.HEALTHY)
    await runs.save(late, claim=first)
    assert (await runs.get(run.id)).waits
    again = msgspec.structs.replace(run, tries=2)
    second = uuid4()
    assert await runs.begin_again(again, second)
    assert not await runs.begin_again(again, uuid4())
    await runs.save(late, claim=first)
    assert await runs.get(run.id) == again
    await runs.save(late, claim=second)
    assert (await runs.get(run.id)).status is RunStatus.HEALTHY
    assert not await runs.hand_over(run.id)


async def test_a_run_ends_also_when_its_notebook_cannot_be_read(
    house: House, tmp_path: Path
) -> None:
    there = house.runs._written(id := uuid7())
    there.mkdir(parents=True)
    await house.runs.start(id, read(tmp_path / f"{BROKEN}.ipynb"), {"name": "x"}, "ann")
    states = [state async for state in house.runs.follow(id)]
    assert states[-1].status is RunStatus.FAILED
    await until(lambda: id not in house.runs._here)
    assert (await house.workbench.store.runs.get(id)).status is RunStatus.FAILED


async def test_what_is_wrong_starts_nothing(house: House) -> None:
    screen, _ = house.opened(Runbooks)
    for said in ({}, {"p.name": "x", "p.count": "many"}, {"p.name": "x", "p.no_such": "1"}):
        with pytest.raises(ParameterError):
            await screen.do_run({"name": BROKEN, **said})
    for name in ("/etc/passwd.ipynb", "../x.ipynb", "x.ipynb.ipynb", "nothing"):
        with pytest.raises(RunbookUnknown):
            await screen.do_run({"name": name})
    reader, _ = house.opened(Runbooks, "vera", asks=False)
    for do in (reader.do_run, reader.do_stop):
        with pytest.raises(AccessDenied):
            await do({"name": BROKEN, "p.name": "x"})
    assert await house.runs.list() == ()
