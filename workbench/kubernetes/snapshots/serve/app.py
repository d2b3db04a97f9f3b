"""The ASGI application: paths of the Kubernetes API over one frozen cluster."""

from __future__ import annotations

from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.kubernetes.clock import FROZEN
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.serve.access import not_running, refused, review
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.serve.discovery import Discovery
from workbench.kubernetes.snapshots.serve.failure import (
    StatusFailure,
    failed,
    no_such_resource,
    page_not_found,
)
from workbench.kubernetes.snapshots.serve.lists import get_object, list_objects
from workbench.kubernetes.snapshots.serve.logs import log
from workbench.kubernetes.snapshots.serve.openapi import OpenApi
from workbench.kubernetes.snapshots.serve.paging import is_true
from workbench.kubernetes.snapshots.serve.target import Target, target
from workbench.kubernetes.snapshots.serve.watch import watch
from workbench.kubernetes.snapshots.serve.write import watch as live
from workbench.kubernetes.snapshots.serve.write.cluster import WritableCluster
from workbench.kubernetes.snapshots.serve.write.verbs import write

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_READS = ("GET", "HEAD")
_LIVE = ("exec", "attach", "portforward", "proxy")


def snapshot_app(raw: RawSnapshot, *, writable: bool = False) -> ASGIApp:
    """The snapshot as a Kubernetes API server, without a guard at the door.

    writable: take writes, in memory.
    """
    cluster = WritableCluster(raw) if writable else FrozenCluster(raw)
    discovery, openapi, objects = Discovery(cluster), OpenApi(cluster), Objects(cluster)
    routes = [
        Route("/version", discovery.version),
        Route("/api", discovery.core),
        Route("/apis", discovery.groups),
        Route("/api/v1", discovery.resources),
        Route("/apis/{group}", discovery.group),
        Route("/apis/{group}/{version}", discovery.resources),
        Route("/openapi/v2", openapi.v2),
        Route("/openapi/v3", openapi.v3),
        Route("/openapi/v3/api/v1", openapi.v3_group),
        Route("/openapi/v3/apis/{group}/{version}", openapi.v3_group),
        *(Route(f"/{name}", _healthy) for name in ("healthz", "livez", "readyz")),
        Route("/api/v1/{rest:path}", objects.serve, methods=_METHODS),
        Route("/apis/{group}/{version}/{rest:path}", objects.serve, methods=_METHODS),
        Route("/{rest:path}", _nothing, methods=_METHODS),
    ]
    app = Starlette(routes=routes, exception_handlers={StatusFailure: failed})
    app.router.redirect_slashes = False
    return _telling_the_time(_without_last_slash(app), raw.manifest.taken_at)


def _telling_the_time(app: ASGIApp, taken_at: datetime) -> ASGIApp:
    """Every answer says at which time the cluster stands still."""
    header = (FROZEN.lower().encode(), taken_at.isoformat().encode())

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        await app(scope, receive, answer)

    return served


def _without_last_slash(app: ASGIApp) -> ASGIApp:
    """``/version/`` is ``/version`` to the API server; some clients ask for the one."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").rstrip("/") or "/"
        await app({**scope, "path": path}, receive, send)

    return served


class Objects:
    """Everything below a group and version."""

    def __init__(self, cluster: FrozenCluster) -> None:
        self._cluster = cluster

    async def serve(self, request: Request) -> Response:
        """Dispatch by verb and by what the path points at."""
        params = request.path_params
        if "group" in params and not self._cluster.serves(params["group"], params["version"]):
            return page_not_found()
        asked = target(request, self._cluster)
        resource = asked.resource
        if "get" not in resource.verbs:  # a review
            if request.method != "POST" or asked.name:
                raise _method_not_allowed()
            return await review(self._cluster, resource.kind, request)
        if asked.subresource in _LIVE:
            raise not_running(self._cluster)
        if request.method not in _READS:
            if isinstance(self._cluster, WritableCluster) and "patch" in resource.verbs:
                return await write(self._cluster, asked, request)
            raise refused(self._cluster)
        return self._read(asked, request)

    def _read(self, asked: Target, request: Request) -> Response:
        if asked.subresource == "log" and asked.resource.kind == "Pod":
            return log(self._cluster, asked, request)
        if not asked.subresource and is_true(request.query_params.get("watch")):
            if isinstance(self._cluster, WritableCluster):
                return live.watch(self._cluster, asked, request)
            return watch(self._cluster, asked, request)
        if asked.name:
            return get_object(self._cluster, asked, request)
        return list_objects(self._cluster, asked, request)


async def _healthy(request: Request) -> Response:
    return Response("ok", media_type="text/plain")


async def _nothing(request: Request) -> Response:
    if request.url.path.startswith(("/api/v1/", "/apis/")):
        raise no_such_resource()
    return page_not_found()


def _method_not_allowed() -> StatusFailure:
    return StatusFailure(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        {},
    )
