"""The application: routes, errors and limits around one open workbench."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from workbench.api import answers, failures
from workbench.api.credentials import Credential
from workbench.api.guard import Guard
from workbench.api.limits import Limited
from workbench.api.routes import agents, chat, conversations, docs, investigations, system
from workbench.investigations.live import Live
from workbench.investigations.workbench import Workbench

DESCRIPTION = """
Troubleshoot Kubernetes with evidence: every answer cites recorded tool calls.

Errors are `application/problem+json`. Lists are pages: pass `next` as `after` for what follows.
Streams are server-sent events: reconnect with `Last-Event-ID`.
"""


def create_app(workbench: Workbench) -> FastAPI:
    """The API over an open workbench, without the door in front (see ``guarded``)."""
    app = FastAPI(
        title="Kubernetes Workbench",
        description=DESCRIPTION,
        version=version("k8s-workbench"),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.workbench = workbench
    app.state.live = Live(workbench.store.investigations.steps)
    api = APIRouter(prefix="/api")
    for routes in (chat, investigations, conversations, agents, docs):
        api.include_router(routes.router)
    app.include_router(api)
    app.include_router(system.router)
    failures.install(app)
    answers.describe(app)
    return app


def guarded(
    app: FastAPI, credentials: Sequence[Credential], origins: Sequence[str] = ()
) -> ASGIApp:
    """The app as it is served: nobody gets in without credentials, or without measure."""
    return Guard(Limited(app), credentials, origins)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.live.close()
