"""One cluster connection for a server's lifetime: opened in the background, opened again when it
failed, so that a cluster that is down at the start can be used once it is back."""

from __future__ import annotations

import asyncio
from time import monotonic

from workbench.core.objects import Namespace
from workbench.core.scoping import no_namespace
from workbench.errors import ClusterError, UsageError
from workbench.kubernetes.client import Client, Timeouts, open_client
from workbench.kubernetes.discovery import Catalogue, Resource, discover
from workbench.kubernetes.source import Direct, Source, Watched

CATALOGUE_SECONDS = 600.0
"""How long the list of kinds is trusted, as kubectl does it; an unknown name is looked up anew."""


class Session:
    """The client, its catalogue of kinds and the source of lists, made when first needed.

    watch: see ``source``. impersonate: requests are those of persons (see impersonation): nothing
    is asked before one has called, and no list of one is kept for another.
    """

    def __init__(
        self,
        kubeconfig: str = "",
        context: str = "",
        timeouts: Timeouts | None = None,
        *,
        watch: bool = True,
        impersonate: bool = False,
    ) -> None:
        self._address = (kubeconfig, context, timeouts)
        self._watch = watch and not impersonate
        self._impersonate = impersonate
        self._source: Source | None = None
        self._client: Client | None = None
        self._catalogue: Catalogue | None = None
        self._discovered = 0.0
        self._lock = asyncio.Lock()
        self._warming: asyncio.Task[Catalogue] | None = None

    def warm_up(self) -> None:
        """Start connecting now; a call that comes meanwhile shares the outcome."""
        if self._impersonate:
            return
        self._warming = asyncio.create_task(self._current(fresh=False))
        self._warming.add_done_callback(_seen)

    async def client(self) -> Client:
        """The open client. Raises what ``open_client`` raises, anew with every call."""
        await self._warm()
        async with self._lock:
            return await self._open()

    async def source(self) -> Source:
        """Where lists come from: memory that watches keep current, once a kind is listed again
        and again; always the server when the session was made with ``watch=False``."""
        client = await self.client()
        if self._source is None:
            self._source = Watched(client) if self._watch else Direct(client)
        return self._source

    async def catalogue(self, fresh: bool = False) -> Catalogue:
        """The kinds the cluster serves. Raises a ClusterError."""
        await self._warm()
        return await self._current(fresh)

    async def resource(self, word: str) -> Resource:
        """The kind a person means, asking the cluster again for a name that is not known yet."""
        asked_at = monotonic()
        try:
            return (await self.catalogue()).find(word)
        except UsageError:
            if self._discovered >= asked_at:
                raise
        return (await self.catalogue(fresh=True)).find(word)

    async def check_namespace(self, name: str) -> None:
        """Raises UsageError when there is no namespace ``name``, with the nearest; passes where
        the namespaces cannot be listed or none are, as in a part of a cluster."""
        resource = (await self.catalogue()).serving(Namespace)
        if not name or resource is None:
            return
        try:
            listed = await (await self.source()).list(resource)
        except ClusterError:
            return
        named = {o.name for o in listed.objects}
        if named and name not in named:
            raise no_namespace(name, named, (await self.client()).context)

    async def close(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
        if self._source is not None:
            await self._source.close()
        if self._client is not None:
            await self._client.close()

    async def _warm(self) -> None:
        """Wait for the first connection while it is being made; raise if it fails."""
        if self._warming is not None and not self._warming.done():
            await asyncio.shield(self._warming)

    async def _current(self, fresh: bool) -> Catalogue:
        async with self._lock:
            client = await self._open()
            old = monotonic() - self._discovered > CATALOGUE_SECONDS
            if self._catalogue is None or old or fresh:
                self._catalogue = await discover(client)
                self._discovered = monotonic()
            return self._catalogue

    async def _open(self) -> Client:
        if self._client is None:
            self._client = await open_client(*self._address, impersonate=self._impersonate)
        return self._client


def _seen(task: asyncio.Task[Catalogue]) -> None:
    """Take note of a failure nobody waited for; the next call meets it itself and reports it."""
    if not task.cancelled():
        task.exception()
