"""A small Kubernetes API server for tests: real HTTP over given objects, with trouble on demand."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from workbench.core.objects import KINDS

SHORT = {
    "pods": ["po"],
    "services": ["svc"],
    "deployments": ["deploy"],
    "horizontalpodautoscalers": ["hpa"],
    "nodes": ["no"],
    "events": ["ev"],
    "namespaces": ["ns"],
}


@dataclass
class Trouble:
    """What happens instead of an answer: a status after a delay, seconds."""

    status: int = 0
    message: str = "trouble"
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Served:
    """A kind the server offers."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]


class Changes:
    """What watches are told, a line a change; ``changed`` and the faults may be called from any
    thread while the server runs.

    bookmarks: whether the server sends any. wordless: whether a version that is too old ends in an
    HTTP status instead of an ERROR event. closed: whether new watches fail.
    """

    def __init__(self) -> None:
        self.version = 1
        self.oldest = 1
        self.bookmarks = True
        self.wordless = False
        self.closed = False
        self.streams = 0
        self._lines: list[tuple[int, str, bytes]] = []
        self._cuts = 0

    def changed(self, type_: str, plural: str, tree: dict[str, Any]) -> None:
        """Tell watches of the plural that ``tree`` was ADDED, MODIFIED or DELETED."""
        self.version += 1
        tree["metadata"]["resourceVersion"] = str(self.version)
        self._lines.append((self.version, plural, _line(type_, tree)))

    def cut(self) -> None:
        """End every stream in the middle of a line."""
        self._cuts += 1

    def forget(self) -> None:
        """Know nothing any more of what has happened until now."""
        self.version += 1
        self.oldest = self.version

    def stream(self, plural: str, version: int) -> Response:
        if version < self.oldest and self.wordless:
            return JSONResponse({"kind": "Status", "code": 410, "message": "too old"}, 410)
        return StreamingResponse(self._told(plural, version), media_type="application/json")

    async def _told(self, plural: str, version: int) -> AsyncIterator[bytes]:
        cuts = self._cuts
        self.streams += 1
        try:
            while version >= self.oldest:
                for at, of, line in [c for c in self._lines if c[0] > version]:
                    version = at
                    if of == plural:
                        yield line
                if self._cuts > cuts:
                    yield b'{"type":"MODIFIED","object":{"metadata":{"na'
                    return
                if self.bookmarks and version >= self.oldest:
                    bookmark = {"metadata": {"resourceVersion": str(version)}}
                    yield _line("BOOKMARK", bookmark)
                await asyncio.sleep(0.005)
            yield _line("ERROR", {"kind": "Status", "code": 410, "message": "too old"})
        finally:
            self.streams -= 1


def _line(type_: str, tree: dict[str, Any]) -> bytes:
    return json.dumps({"type": type_, "object": tree}).encode() + b"\n"


BUILT_IN = [Served(k.API_VERSION, k.PLURAL, k.KIND, k.NAMESPACED) for k in KINDS]


class ApiServer:
    """Objects by kind; ``forbidden`` holds "plural" or "namespace/plural"; ``troubles`` maps a
    path to what happens to its next requests. ``requests`` is what was asked, in order, and
    ``persons`` as whom: a user and groups, ("", ()) where nobody is impersonated."""

    def __init__(self, objects: Iterable[dict[str, Any]] = (), *, aggregated: bool = True) -> None:
        self.objects = list(objects)
        self.served = [*BUILT_IN, Served("apps/v1", "controllerrevisions", "ControllerRevision")]
        self.aggregated = aggregated
        self.token = "good"
        self.forbidden: set[str] = set()
        self.troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self.logs: dict[tuple[str, str, str, bool], bytes] = {}
        self.headers: dict[str, str] = {}
        self.page_most = 10_000
        self.reviews: dict[str, bool] = {}
        self.requests: list[str] = []
        self.persons: list[tuple[str, tuple[str, ...]]] = []
        self.url = ""
        self.changes = Changes()
        self.unwatchable: set[str] = set()

    def trouble(self, path: str, *troubles: Trouble) -> None:
        self.troubles[path].extend(troubles)

    def asked(self, path: str) -> int:
        """How often a path was requested, whatever its query."""
        return sum(one.partition("?")[0] == path for one in self.requests)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.requests.append(path + (f"?{request.url.query}" if request.url.query else ""))
        groups = tuple(request.headers.getlist("impersonate-group"))
        self.persons.append((request.headers.get("impersonate-user", ""), groups))
        if self.troubles[path]:
            trouble = self.troubles[path].popleft()
            await asyncio.sleep(trouble.delay)
            if trouble.status:
                return self._status(trouble.status, trouble.message, trouble.headers)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self._status(401, "Unauthorized")
        response = await self._route(request, path)
        response.headers.update(self.headers)
        return response

    async def _route(self, request: Request, path: str) -> Response:
        if path == "/version":
            return JSONResponse({"gitVersion": "v1.36.2"})
        if path in ("/api", "/apis"):
            return self._discovery(request, core=path == "/api")
        if path.endswith("/selfsubjectaccessreviews"):
            return self._review(json.loads(await request.body()))
        plain = re.fullmatch(r"/apis?/((?:[^/]+/)?v[^/]+)", path)
        if plain:
            return self._resources(plain[1])
        return self._objects(request, path)

    def _discovery(self, request: Request, core: bool) -> Response:
        groups: dict[str, dict[str, list[Served]]] = {}
        for one in self.served:
            if (not one.group) == core:
                version = one.api_version.rpartition("/")[2]
                groups.setdefault(one.group, {}).setdefault(version, []).append(one)
        if self.aggregated and "apidiscovery" in request.headers.get("accept", ""):
            return JSONResponse(
                {
                    "kind": "APIGroupDiscoveryList",
                    "items": [
                        {
                            "metadata": {"name": group} if group else {},
                            "versions": [
                                {"version": v, "resources": [_aggregated(r) for r in resources]}
                                for v, resources in versions.items()
                            ],
                        }
                        for group, versions in groups.items()
                    ],
                }
            )
        if core:
            return JSONResponse({"kind": "APIVersions", "versions": ["v1"]})
        listed = [
            {
                "name": group,
                "versions": [{"groupVersion": f"{group}/{v}", "version": v} for v in versions],
                "preferredVersion": {"version": next(iter(versions))},
            }
            for group, versions in groups.items()
        ]
        return JSONResponse({"kind": "APIGroupList", "groups": listed})

    def _resources(self, api_version: str) -> Response:
        found = [
            {
                "name": r.plural,
                "singularName": r.kind.lower(),
                "kind": r.kind,
                "namespaced": r.namespaced,
                "verbs": ["get", "list", "watch"],
                "shortNames": SHORT.get(r.plural, []),
            }
            for r in self.served
            if r.api_version == api_version
        ]
        return JSONResponse({"kind": "APIResourceList", "resources": found})

    def _review(self, body: dict[str, Any]) -> Response:
        asked = body["spec"]["resourceAttributes"]
        allowed = self.reviews.get(f"{asked['verb']} {asked['resource']}", False)
        return JSONResponse({"status": {"allowed": allowed, "reason": "as told"}}, 201)

    def _objects(self, request: Request, path: str) -> Response:
        found = re.fullmatch(
            r"/apis?/(?P<version>(?:[^/]+/)?v[^/]+)(?:/namespaces/(?P<namespace>[^/]+)(?=/))?"
            r"/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>[^/]+))?",
            path,
        )
        kind = found and next(
            (
                s
                for s in self.served
                if (s.api_version, s.plural) == (found["version"], found["plural"])
            ),
            None,
        )
        if found is None or kind is None:
            return PlainTextResponse("404 page not found", 404)
        namespace, name = found["namespace"] or "", found["name"] or ""
        if {kind.plural, f"{namespace}/{kind.plural}"} & self.forbidden and not (
            name and f"!{kind.plural}" in self.forbidden
        ):
            where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            said = (
                f'{kind.plural} is forbidden: User "viewer" cannot list resource '
                f'"{kind.plural}" in API group "{kind.group}" {where}'
            )
            return self._status(403, said)
        if found["sub"] == "log":
            return self._log(request, namespace, name)
        items = [
            o
            for o in self.objects
            if o["kind"] == kind.kind
            and o.get("apiVersion", "v1") == kind.api_version
            and (not namespace or o["metadata"].get("namespace") == namespace)
        ]
        if request.query_params.get("watch"):
            if kind.plural in self.unwatchable:
                return self._status(403, f"{kind.plural} is forbidden: cannot watch")
            if self.changes.closed:
                return self._status(500, "no watch now")
            return self.changes.stream(kind.plural, int(request.query_params["resourceVersion"]))
        if name:
            one = next((o for o in items if o["metadata"]["name"] == name), None)
            missing = f'{kind.plural} "{name}" not found'
            return JSONResponse(one) if one else self._status(404, missing)
        return self._list(request, kind, [i for i in items if _selected(i, request)])

    def _list(self, request: Request, kind: Served, items: list[dict[str, Any]]) -> Response:
        limit = min(int(request.query_params.get("limit", 0)) or len(items), self.page_most)
        start = int(request.query_params.get("continue", 0))
        page = items[start : start + limit] if "limit" in request.query_params else items
        end = start + len(page)
        meta = {"resourceVersion": str(self.changes.version)}
        meta |= {"continue": str(end)} if end < len(items) else {}
        return JSONResponse({"kind": f"{kind.kind}List", "metadata": meta, "items": page})

    def _log(self, request: Request, namespace: str, pod: str) -> Response:
        query = request.query_params
        previous = query.get("previous") == "true"
        log = self.logs.get((namespace, pod, query.get("container", ""), previous))
        here = [o["metadata"] for o in self.objects if o["kind"] == "Pod"]
        if not any((o.get("namespace"), o["name"]) == (namespace, pod) for o in here):
            return self._status(404, f'pods "{pod}" not found')
        if log is None:
            return self._status(400, f'container in pod "{pod}" is waiting to start')
        lines = log.splitlines(keepends=True)[-int(query.get("tailLines", 10**9)) :]
        return Response(b"".join(lines)[: int(query.get("limitBytes", 10**9))])

    def _status(
        self, code: int, message: str, headers: dict[str, str] | None = None
    ) -> JSONResponse:
        body = {"kind": "Status", "status": "Failure", "message": message, "code": code}
        return JSONResponse(body, code, headers={**self.headers, **(headers or {})})

    @contextmanager
    def running(self, port: int = 0, certificate: Path | None = None) -> Iterator[ApiServer]:
        """Serve on a free port (or the given one) of this machine until the block ends.

        certificate: a PEM file with certificate and key, to serve HTTPS.
        """
        routes = [Route("/{path:path}", self.answer, methods=["GET", "POST"])]
        config = uvicorn.Config(
            Starlette(routes=routes),
            log_level="critical",
            ws="none",
            lifespan="off",
            date_header=False,
            ssl_certfile=certificate,
        )
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", port))
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)
            listener.close()

    def kubeconfig(self, path: Path, token: str = "good", namespace: str = "shop") -> str:
        """A kubeconfig for this server, with a context named ``test``; its file name."""
        return write_kubeconfig(path, self.url, token, namespace)


def write_kubeconfig(path: Path, url: str, token: str = "good", namespace: str = "shop") -> str:
    tree = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [
            {"name": "test", "context": {"cluster": "c", "user": "u", "namespace": namespace}}
        ],
    }
    path.write_text(yaml.safe_dump(tree))
    return str(path)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _aggregated(one: Served) -> dict[str, Any]:
    return {
        "resource": one.plural,
        "responseKind": {"kind": one.kind},
        "scope": "Namespaced" if one.namespaced else "Cluster",
        "singularResource": one.kind.lower(),
        "verbs": ["get", "list", "watch"],
        "shortNames": SHORT.get(one.plural, []),
    }


def _selected(item: dict[str, Any], request: Request) -> bool:
    labels = item["metadata"].get("labels") or {}
    for term in filter(None, request.query_params.get("labelSelector", "").split(",")):
        key, _, value = term.partition("=")
        if labels.get(key) != value:
            return False
    for term in filter(None, request.query_params.get("fieldSelector", "").split(",")):
        path, _, value = term.partition("=")
        at: Any = item
        for step in path.split("."):
            at = at.get(step) if isinstance(at, dict) else None
        if str(at or "") != value:
            return False
    return True
