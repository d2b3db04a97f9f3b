from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.kubernetes.objects import healthy
from tests.support.api_server import ApiServer
from workbench.core.cluster import Scope
from workbench.core.objects import KubeObject, Node, Pod
from workbench.kubernetes.client import Client
from workbench.kubernetes.collect import collect
from workbench.kubernetes.discovery import Resource, discover
from workbench.kubernetes.listing import Listed, list_objects
from workbench.kubernetes.source import Direct, Watched

PATIENCE = 20.0
"""Seconds after which what should have happened has not."""

PODS = Resource(
    group="",
    version="v1",
    plural="pods",
    kind="Pod",
    namespaced=True,
    verbs=("get", "list", "watch"),
)
PATH = "/api/v1/pods"


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not met():  # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.005)


async def until_listed(source: Watched, met: Callable[[Listed], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not met(await source.list(PODS)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)


def lists(cluster: ApiServer) -> int:
    return sum(one.startswith(PATH) and "watch=" not in one for one in cluster.requests)


def seen(objects: tuple[KubeObject, ...]) -> dict[str, Any]:
    return {f"{o.namespace}/{o.name}": o for o in objects}


@pytest.fixture
async def watched(client: Client) -> AsyncIterator[Watched]:
    source = Watched(client)
    yield source
    await source.close()


async def watching(cluster: ApiServer, source: Watched) -> None:
    """List twice, and wait for the watch that follows from it."""
    await source.list(PODS)
    await source.list(PODS)
    await until(lambda: cluster.changes.streams == 1)
    await until_listed(source, lambda told: told.as_of is not None)
    cluster.requests.clear()


async def test_a_kind_listed_once_is_not_watched(cluster: ApiServer, watched: Watched) -> None:
    assert (await watched.list(PODS)).as_of is None
    assert not any("watch=" in one for one in cluster.requests)


async def test_a_kind_listed_again_much_later_is_not_watched(
    cluster: ApiServer, client: Client
) -> None:
    source = Watched(client, again=0.0)
    await source.list(PODS)
    await source.list(PODS)
    assert not any("watch=" in one for one in cluster.requests)
    await source.close()


async def test_a_kind_listed_again_and_again_comes_from_memory(
    cluster: ApiServer, watched: Watched, client: Client
) -> None:
    await watching(cluster, watched)
    told = await watched.list(PODS)
    assert lists(cluster) == 0
    assert told.as_of is not None
    assert seen(told.objects) == seen((await list_objects(client, PODS)).objects)


async def test_memory_can_be_asked_for_one_namespace(cluster: ApiServer, watched: Watched) -> None:
    await watching(cluster, watched)
    assert {o.namespace for o in (await watched.list(PODS, "shop")).objects} == {"shop"}
    assert (await watched.list(PODS, "nowhere")).objects == ()
    assert lists(cluster) == 0


async def test_a_change_is_seen_without_another_list(cluster: ApiServer, watched: Watched) -> None:
    await watching(cluster, watched)
    cluster.changes.changed("ADDED", "pods", healthy("new", "web-1a"))
    await until_listed(watched, lambda told: "shop/new" in seen(told.objects))
    assert lists(cluster) == 0


async def test_more_objects_than_may_be_held_are_listed_every_time(
    cluster: ApiServer, client: Client
) -> None:
    source = Watched(client, objects_most=1)
    for _ in range(3):
        assert (await source.list(PODS)).as_of is None
    assert not any("watch=" in one for one in cluster.requests)
    await source.close()


async def test_a_kind_that_may_not_be_watched_is_asked_about_once(
    cluster: ApiServer, watched: Watched
) -> None:
    cluster.unwatchable.add("pods")
    for _ in range(5):
        assert (await watched.list(PODS)).as_of is None
        await asyncio.sleep(0.02)
    assert sum("watch=" in one for one in cluster.requests) == 1


async def test_a_watch_that_nobody_uses_ends(cluster: ApiServer, client: Client) -> None:
    source = Watched(client, idle=0.1)
    await watching(cluster, source)
    await asyncio.sleep(0.2)
    cluster.changes.cut()
    await until(lambda: source.watching == 0)
    assert (await source.list(PODS)).as_of is None
    assert cluster.changes.streams == 0
    await source.close()


async def test_while_no_stream_is_open_the_server_is_asked(
    cluster: ApiServer, watched: Watched
) -> None:
    await watching(cluster, watched)
    cluster.changes.closed = True
    cluster.changes.cut()
    await until_listed(watched, lambda told: told.as_of is None)
    assert lists(cluster) == 1


async def test_a_snapshot_says_as_of_when_its_memory_is(
    cluster: ApiServer, client: Client, watched: Watched
) -> None:
    await watching(cluster, watched)
    catalogue = await discover(client)
    told = await collect(client, Scope(), [Pod, Node], catalogue=catalogue, source=watched)
    assert told.as_of is not None
    read = await collect(client, Scope(), [Pod], catalogue=catalogue, source=Direct(client))
    assert read.as_of is None
    assert seen(told.objects["Pod"]) == seen(read.objects["Pod"])


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_happens_memory_becomes_what_a_list_says(
    cluster: ApiServer, client: Client, watched: Watched, seed: int
) -> None:
    chance = random.Random(seed)
    cluster.changes.bookmarks = chance.random() < 0.5
    cluster.changes.wordless = chance.random() < 0.5
    await watching(cluster, watched)
    for number in range(60):
        disturb(cluster, chance, number)
        await asyncio.sleep(chance.random() * 0.01)
    wanted = seen((await list_objects(client, PODS)).objects)
    await until_listed(
        watched, lambda told: told.as_of is not None and seen(told.objects) == wanted
    )


def disturb(cluster: ApiServer, chance: random.Random, number: int) -> None:
    """A change of the pods, or a fault of the watches."""
    pods = [o for o in cluster.objects if o["kind"] == "Pod"]
    what = chance.choice(["add", "modify", "modify", "delete", "cut", "forget"])
    if what == "cut":
        cluster.changes.cut()
    elif what == "forget":
        cluster.changes.forget()
    elif what == "add" or not pods:
        pod = healthy(f"made-{number}", "web-1a")
        cluster.objects.append(pod)
        cluster.changes.changed("ADDED", "pods", pod)
    elif what == "delete":
        pod = chance.choice(pods)
        cluster.objects.remove(pod)
        cluster.changes.changed("DELETED", "pods", pod)
    else:
        pod = chance.choice(pods)
        pod["metadata"]["labels"] = {"changed": str(number)}
        cluster.changes.changed("MODIFIED", "pods", pod)
