"""Where lists come from: straight from the server, or from memory that watches keep current."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Protocol

from workbench.core.objects.sharing import Sharing
from workbench.kubernetes.client import Client
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.listing import Listed, list_objects
from workbench.kubernetes.watch import Watch

AGAIN_SECONDS = 300.0
"""A kind that is listed twice within this long is watched from then on."""

IDLE_SECONDS = 600.0
"""A watch that nobody asked for this long ends."""

WATCHES_MOST = 64
OBJECTS_MOST = 150_000
"""Objects held in memory; about 5 kB each. Kinds beyond that are listed every time."""


class Source(Protocol):
    """Whole lists, by resource and namespace ("" for all of them)."""

    async def list(
        self, resource: Resource, namespace: str = "", sharing: Sharing | None = None
    ) -> Listed:
        """Every object of the resource in the namespace. Raises a ClusterError.

        sharing: that of the reading this list is part of.
        """
        ...

    async def close(self) -> None: ...


class Direct:
    """Lists asked for anew every time."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list(
        self, resource: Resource, namespace: str = "", sharing: Sharing | None = None
    ) -> Listed:
        return await list_objects(self._client, resource, namespace, sharing=sharing)

    async def close(self) -> None:
        return None


class Watched:
    """Lists from memory where a watch keeps them current, and from the server otherwise.

    Nothing is watched until a kind is listed a second time within ``again`` seconds; a watch that
    nobody used for ``idle`` seconds ends.
    """

    def __init__(
        self,
        client: Client,
        *,
        again: float = AGAIN_SECONDS,
        idle: float = IDLE_SECONDS,
        objects_most: int = OBJECTS_MOST,
    ) -> None:
        self._client = client
        self._again, self._idle, self._objects_most = again, idle, objects_most
        self._asked: dict[str, float] = {}
        self._watches: dict[str, Watch] = {}

    async def list(
        self, resource: Resource, namespace: str = "", sharing: Sharing | None = None
    ) -> Listed:
        path = resource.path()
        watch = self._watches.get(path)
        if watch is not None and watch.current:
            return watch.listed(namespace)
        listed = await list_objects(self._client, resource, namespace, sharing=sharing)
        if not namespace:
            self._consider(resource, listed)
        return listed

    @property
    def watching(self) -> int:
        """How many resources a stream keeps current right now."""
        return sum(watch.current for watch in self._watches.values())

    async def close(self) -> None:
        await asyncio.gather(*(watch.close() for watch in self._watches.values()))

    def _consider(self, resource: Resource, listed: Listed) -> None:
        """Watch the resource from this list on when it was listed not long before."""
        path, now = resource.path(), monotonic()
        before = self._asked.get(path)
        self._asked[path] = now
        self._watches = {p: w for p, w in self._watches.items() if w.refused or not w.ended}
        if before is None or now - before > self._again or path in self._watches:
            return
        held = sum(map(len, self._watches.values())) + len(listed.objects)
        room = held <= self._objects_most and len(self._watches) < WATCHES_MOST
        if room and listed.version and "watch" in resource.verbs:
            self._watches[path] = Watch(self._client, resource, listed, self._idle)
