from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.support.engine import SampleWorkbench, open_samples
from workbench.core.cluster import EVERYTHING
from workbench.errors import ClusterUnreachable, SettingsError
from workbench.notebook import bridge as bridges
from workbench.notebook.bridge import Bridge


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge(open_samples)  # type: ignore[arg-type]
    yield made
    made.close()


async def _numbers(workbench: Any) -> AsyncIterator[int]:
    for number in range(3):
        await asyncio.sleep(0)
        yield number


def test_nothing_is_opened_before_it_is_used(bridge: Bridge) -> None:
    assert not bridge.is_open
    bridge.run(lambda engine: engine.load("INV-12"))
    assert bridge.is_open


def test_work_runs_on_one_loop_in_another_thread(bridge: Bridge) -> None:
    async def where() -> tuple[int, int]:
        return threading.get_ident(), id(asyncio.get_running_loop())

    first, second = bridge.run(lambda _: where()), bridge.run(lambda _: where())
    assert first == second
    assert first[0] != threading.get_ident()


def test_what_needs_the_database_is_refused_where_it_is_elsewhere(bridge: Bridge) -> None:
    with pytest.raises(SettingsError, match="sweeps are in the database"):
        list(bridge.iterate_here(_numbers))


def test_it_works_where_a_loop_is_running_already(bridge: Bridge) -> None:
    async def cell() -> str:
        return bridge.run(lambda engine: engine.load("INV-12")).label

    assert asyncio.run(cell()) == "INV-12"


def test_items_come_in_order_and_silence_is_noticed(bridge: Bridge) -> None:
    async def slow(workbench: Any) -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0.2)
        yield 2

    assert [i for i in bridge.iterate(_numbers) if i is not None] == [0, 1, 2]
    seen = list(bridge.iterate(slow, tick_seconds=0.02))
    assert seen[0] == 1
    assert seen[-1] == 2
    assert None in seen


def test_what_the_work_raises_is_raised_here(bridge: Bridge) -> None:
    async def broken(workbench: Any) -> AsyncIterator[int]:
        yield 1
        raise ClusterUnreachable("Nobody answers.")

    items = iter(bridge.iterate(broken))
    assert next(items) == 1
    with pytest.raises(ClusterUnreachable):
        next(items)


def test_a_failed_opening_is_raised_and_tried_again() -> None:
    tries = []

    @contextlib.asynccontextmanager
    async def second_time_lucky() -> AsyncIterator[SampleWorkbench]:
        tries.append(1)
        if len(tries) == 1:
            raise ClusterUnreachable("Nobody answers.")
        yield SampleWorkbench()

    bridge = Bridge(second_time_lucky)  # type: ignore[arg-type]
    try:
        with pytest.raises(ClusterUnreachable):
            bridge.run(lambda engine: engine.load("x"))
        assert bridge.run(lambda engine: engine.load("x")).label == "INV-12"
    finally:
        bridge.close()


def test_stopping_a_feed_yields_what_it_still_has_to_say(bridge: Bridge) -> None:
    feed = bridge.iterate(lambda engine: engine.ask("slowly, stubborn", EVERYTHING))
    items = iter(feed)
    for _ in range(3):
        next(items)
    rest = list(feed.stop())
    assert rest[-1][0].status.value == "cancelled"


def test_work_that_will_not_stop_is_not_waited_for(bridge: Bridge) -> None:
    release = threading.Event()

    async def deaf(workbench: Any) -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(60)
        finally:
            await asyncio.to_thread(release.wait)

    feed = bridge.iterate(deaf)
    assert next(iter(feed)) == 1
    assert list(feed.stop(seconds=0.1)) == []
    release.set()


def test_an_interrupt_cancels_the_work_and_is_raised_again(bridge: Bridge) -> None:
    ended = threading.Event()

    async def long(engine: Any) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(KeyboardInterrupt) as raised:
        bridge.run(long)
    assert ended.wait(5)
    assert raised.value._render_traceback_() == ["Stopped by you."]  # type: ignore[attr-defined]


def test_closing_leaves_the_workbench_by_the_task_that_entered_it() -> None:
    tasks = []

    @contextlib.asynccontextmanager
    async def noted() -> AsyncIterator[SampleWorkbench]:
        tasks.append(asyncio.current_task())
        try:
            yield SampleWorkbench()
        finally:
            tasks.append(asyncio.current_task())

    bridge = Bridge(noted)  # type: ignore[arg-type]
    bridge.run(lambda engine: engine.load("x"))
    bridge.close()
    bridge.close()
    assert len(tasks) == 2
    assert tasks[0] is tasks[1]
    assert not [t for t in threading.enumerate() if t.name == "workbench-engine"]


def test_each_context_has_an_engine_of_its_own_and_all_are_closed() -> None:
    opened: list[str] = []
    closed: list[str] = []

    @contextlib.asynccontextmanager
    async def opener(context: str, snapshot: str) -> AsyncIterator[SampleWorkbench]:
        opened.append(context)
        yield SampleWorkbench()
        closed.append(context)

    bridges.use(opener)  # type: ignore[arg-type]
    try:
        for context in ("", "staging", ""):
            bridges.shared(context).run(lambda engine: engine.load("x"))
        assert opened == ["", "staging"]
    finally:
        bridges.close()
        bridges.use(bridges._from_settings)
    assert sorted(closed) == ["", "staging"]
