"""The application: routes, errors and limits around one open workbench."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from starlette.types import ASGIApp

from workbench.api import answers, failures
from workbench.api.access import ways_in
from workbench.api.admission import Admission, Admitted
from workbench.api.counted import CountedTools
from workbench.api.credentials import Credential
from workbench.api.forwarded import Forwarded
from workbench.api.gateway import add_gateway
from workbench.api.guard import Guard
from workbench.api.hosts import hosts
from workbench.api.hub import Hub
from workbench.api.limits import Limited
from workbench.api.measured import Measured
from workbench.api.metrics import Metrics
from workbench.api.prefix import Prefixed
from workbench.api.readable import Readable
from workbench.api.readiness import Look, Part
from workbench.api.routes import (
    agents,
    alerts,
    audit,
    changes,
    chat,
    conversations,
    docs,
    documents,
    forks,
    incidents,
    investigations,
    me,
    runbooks,
    snapshots,
    sweeps,
    system,
    tool_servers,
)
from workbench.api.sign_in import SignIn
from workbench.bootstrap import intake
from workbench.child import child_environment
from workbench.investigations.live import Live
from workbench.investigations.wanted import keep_settling
from workbench.investigations.workbench import Workbench
from workbench.runbooks.catalogue import find
from workbench.runbooks.runs import Runs
from workbench.settings import Settings
from workbench.telemetry import traces

DESCRIPTION = """
Troubleshoot Kubernetes with evidence: every answer cites recorded tool calls.

Errors are `application/problem+json`. Lists are pages: pass `next` as `after` for what follows.
Streams are server-sent events: reconnect with `Last-Event-ID`.
"""


NOUNS = (
    chat,
    me,
    investigations,
    conversations,
    changes,
    runbooks,
    sweeps,
    alerts,
    tool_servers,
    audit,
    agents,
    snapshots,
    incidents,
    documents,
    forks,
    docs,
)


def create_app(
    workbench: Workbench, settings: Settings, elsewhere: Mapping[str, Look] | None = None
) -> FastAPI:
    """The API over an open workbench, without the door in front (see ``guarded``).

    elsewhere: what questions need besides the database and the tool servers, by its name.
    """
    metrics = Metrics()
    workbench = dataclasses.replace(workbench, tools=CountedTools(workbench.tools, metrics))

    def environment(user: str) -> Mapping[str, str]:
        return child_environment(settings, workbench.address, user)

    app = FastAPI(
        title="Kubernetes Workbench",
        description=DESCRIPTION,
        version=version("k8s-workbench"),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # see Measured
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.workbench = workbench
    store = workbench.store
    app.state.live = Live(store.investigations.steps, metrics.heard, store.leases.ask_to_stop)
    app.state.runs = Runs(
        settings.data_dir / "runs",
        store,
        environment,
        workbench.clock,
        workbench.cluster,
        lambda name: find(name, settings.runbook_dirs),
    )
    app.state.intake = intake(settings, store)
    app.state.parts = _parts(workbench, settings, elsewhere or {})
    app.state.metrics = metrics
    app.state.admission = Admission(told=metrics.refused)
    metrics.watch(workbench, app.state.live)
    app.state.gateway = add_gateway(app, workbench)
    for routes in NOUNS:
        app.include_router(routes.router, prefix="/api")
    app.include_router(system.router)
    app.include_router(system.watched)
    failures.install(app)
    answers.describe(app)
    return app


def guarded(app: FastAPI, credentials: Sequence[Credential], settings: Settings) -> ASGIApp:
    """The app as it is served: nobody gets in without credentials, or without measure."""
    names = hosts(settings.host, settings.allowed_hosts, settings.allowed_origins)
    hub = Hub.told(os.environ) if settings.jupyterhub else None
    prefix = settings.prefix or (hub.service_prefix if hub else "")
    door: ASGIApp = Guard(Limited(app), credentials, names, settings.allowed_origins)
    door = Measured(Admitted(door, app.state.admission), app.state.metrics)
    door = Prefixed(door, prefix)
    if hub:
        door = SignIn(door, hub)
    door = Readable(door, prefix, ways_in(settings))
    proxies = (*settings.tls_proxies, *settings.trusted_proxies)
    return Forwarded(door, proxies) if proxies else door


def _parts(
    workbench: Workbench, settings: Settings, elsewhere: Mapping[str, Look]
) -> tuple[Part, ...]:
    hub = {"hub": Hub.told(os.environ).knows_us} if settings.jupyterhub else {}
    return (
        Part("database", partial(workbench.store.pool.fetchval, "ping"), needed=True),
        Part("tools", workbench.tools.list, needed=True),
        *(Part(name, look) for name, look in {**hub, **elsewhere}.items()),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    workbench: Workbench = app.state.workbench
    settling = keep_settling(workbench.store, workbench.new_id(), workbench.clock)
    looking = [
        asyncio.create_task(work) for work in (settling, app.state.runs.keep_beginning_again())
    ]
    async with app.state.gateway.running():
        yield
        await stop(app)
    for task in looking:
        task.cancel()
    if traces.active():
        await asyncio.to_thread(traces.flush)


async def stop(app: FastAPI) -> None:
    """End what runs, so that each says so and can be taken up again."""
    await asyncio.gather(app.state.live.close(), app.state.runs.close())
