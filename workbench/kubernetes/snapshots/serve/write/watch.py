"""watch over objects that change: what is there, then what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve import watch as still
from workbench.kubernetes.snapshots.serve.accept import PARTIAL, TABLES, wanted
from workbench.kubernetes.snapshots.serve.cluster import version_of
from workbench.kubernetes.snapshots.serve.lists import chooser
from workbench.kubernetes.snapshots.serve.paging import integer, is_true
from workbench.kubernetes.snapshots.serve.target import Target
from workbench.kubernetes.snapshots.serve.write.cluster import Happened, WritableCluster

Line = Callable[[str, Tree], bytes]


def watch(cluster: WritableCluster, target: Target, request: Request) -> Response:
    """GET …?watch=true. Raises StatusFailure (400) for bad selectors and parameters."""
    query = request.query_params
    form = wanted(request, *TABLES, *PARTIAL)
    chosen = chooser(cluster, target, query)
    version = integer(query.get("resourceVersion", "")) or 0
    initial = is_true(query.get("sendInitialEvents")) or not version
    seconds = integer(query.get("timeoutSeconds", "")) or still.SECONDS
    if not initial and version < cluster.oldest_version:
        return still.watch(cluster, target, request)

    def line(type_: str, tree: Tree) -> bytes:
        shown = still.shown(cluster, target, tree, form, query)
        return msgspec.json.encode({"type": type_, "object": shown}) + b"\n"

    found = [t for t in cluster.objects(target.resource, target.namespace) if chosen(t)]
    if initial:
        lines = [line("ADDED", tree) for tree in found]
    else:
        late = range(version + 1, cluster.first_version + 1)
        lines = [line("MODIFIED", tree) for tree in found if version_of(tree) in late]
    if is_true(query.get("sendInitialEvents")) and is_true(query.get("allowWatchBookmarks")):
        lines.append(line("BOOKMARK", still.bookmark(cluster, target)))
    start = cluster.resource_version if initial else version
    return Live(lines, _told(cluster, target, chosen, start, line), seconds)


async def _told(
    cluster: WritableCluster,
    target: Target,
    chosen: Callable[[Tree], bool],
    version: int,
    line: Line,
) -> AsyncIterator[bytes]:
    """What happens to the objects that the selectors choose, as it happens."""
    while True:
        batch = list(cluster.since(version))
        if not batch:
            await cluster.news()
        for happened in batch:
            version = happened.version
            type_ = _type(happened, target, chosen)
            if type_:
                yield line(type_, happened.tree)


def _type(happened: Happened, target: Target, chosen: Callable[[Tree], bool]) -> str:
    """What the change is to this watch: an object may come into a selection or leave it."""
    if happened.resource.kind != target.resource.kind:
        return ""
    if happened.resource.group != target.resource.group:
        return ""
    now = happened.type != "DELETED" and chosen(happened.tree)
    before = happened.before is not None and chosen(happened.before)
    if now:
        return "MODIFIED" if before else "ADDED"
    return "DELETED" if before else ""


class Live(Response):
    """Lines at once, then those that come, for ``seconds`` or until the client goes."""

    def __init__(self, lines: list[bytes], coming: AsyncIterator[bytes], seconds: float) -> None:
        super().__init__(
            headers={"Cache-Control": "no-cache, private"}, media_type="application/json"
        )
        del self.headers["content-length"]
        self._lines, self._coming, self._seconds = lines, coming, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        for line in self._lines:
            await _say(send, line)
        streaming = asyncio.create_task(self._stream(send))
        leaving = asyncio.create_task(_left(receive))
        await asyncio.wait(
            {streaming, leaving}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (streaming, leaving):
            task.cancel()
        ended = await asyncio.gather(streaming, leaving, return_exceptions=True)
        if ended[1] is not None:  # the client is still there
            await _say(send, b"", more=False)

    async def _stream(self, send: Send) -> None:
        async for line in self._coming:
            await _say(send, line)


async def _say(send: Send, line: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": line, "more_body": more})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
