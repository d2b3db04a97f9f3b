"""watch: what is there, then nothing, until the client has had enough."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.accept import PARTIAL, TABLES, Form, wanted
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster, partial, version_of
from workbench.kubernetes.snapshots.serve.failure import expired
from workbench.kubernetes.snapshots.serve.lists import selected
from workbench.kubernetes.snapshots.serve.paging import integer, is_true
from workbench.kubernetes.snapshots.serve.tables import table
from workbench.kubernetes.snapshots.serve.target import Target

SECONDS = 1800
"""How long a watch without timeoutSeconds stays open (kube-apiserver --min-request-timeout)."""

_END_OF_INITIAL = {"k8s.io/initial-events-end": "true"}


def watch(cluster: FrozenCluster, target: Target, request: Request) -> Response:
    """GET …?watch=true. Raises StatusFailure (400) for bad selectors and parameters."""
    query = request.query_params
    form = wanted(request, *TABLES, *PARTIAL)
    seconds = integer(query.get("timeoutSeconds", ""))
    version = integer(query.get("resourceVersion", "")) or 0
    found = selected(cluster, target, query)
    initial = is_true(query.get("sendInitialEvents")) or not version
    if not initial and version < cluster.oldest_version:
        told = expired(f"too old resource version: {version} ({cluster.oldest_version})")
        return _Stream([_line("ERROR", told.body())], 0)
    events = [
        ("ADDED" if initial else "MODIFIED", shown(cluster, target, tree, form, query))
        for tree in found
        if initial or version_of(tree) > version
    ]
    if is_true(query.get("sendInitialEvents")) and is_true(query.get("allowWatchBookmarks")):
        events.append(("BOOKMARK", shown(cluster, target, bookmark(cluster, target), form, query)))
    open_for = SECONDS if seconds is None or seconds <= 0 else seconds
    return _Stream([_line(type_, obj) for type_, obj in events], open_for)


def shown(
    cluster: FrozenCluster, target: Target, tree: Tree, form: Form, query: Any
) -> dict[str, Any]:
    if form in TABLES:
        include = query.get("includeObject", "")
        meta = {"resourceVersion": str(version_of(tree) or cluster.resource_version)}
        return table(cluster, target.resource, [tree], meta, form, include)
    return partial(tree) if form in PARTIAL else tree


def bookmark(cluster: FrozenCluster, target: Target) -> Tree:
    return {
        "kind": target.resource.kind,
        "apiVersion": target.resource.api_version,
        "metadata": {
            "resourceVersion": str(cluster.resource_version),
            "annotations": _END_OF_INITIAL,
        },
    }


def _line(type_: str, obj: Any) -> bytes:
    return msgspec.json.encode({"type": type_, "object": obj}) + b"\n"


class _Stream(Response):
    """Lines at once, then quiet for ``seconds`` or until the client goes."""

    def __init__(self, lines: list[bytes], seconds: float) -> None:
        super().__init__(
            headers={"Cache-Control": "no-cache, private"}, media_type="application/json"
        )
        del self.headers["content-length"]
        self._lines, self._seconds = lines, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        for chunk in self._chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        try:
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self._lines), 100):
            yield b"".join(self._lines[start : start + 100])
