"""``workbench up``: serve the pages and the API until it is stopped."""

from __future__ import annotations

import asyncio
import importlib.util
import secrets
import signal
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import click

from workbench.cli.options import cluster_options, on_sigterm, run_async, telemetry
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI
    from starlette.types import Scope

    from workbench.cli.parts import Check
    from workbench.investigations.workbench import Workbench
    from workbench.settings import Settings

MISSING = "not installed: pip install 'k8s-workbench[server]'"
LAB = "JupyterLab with the tour: workbench lab (in a checkout: make lab)"
ANSWERS_SECONDS = 5
"""How long the start waits for the cluster's answer."""
BACKLOG = 2048
"""Connections that wait to be taken."""


@click.command()
@cluster_options
@click.option("-m", "--model", default="", help="provider:model, or `analyst` which needs no key.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", type=int, metavar="NUMBER", help="Port to listen on; 0 for any free one.")
def up(context: str, snapshot: str, model: str, host: str | None, port: int | None) -> None:
    """Serve the pages and the API on this machine, until Ctrl-C.

    Says how each part is doing. Prints an address with a token that lets one person in, unless
    settings say how people sign in.
    """
    from workbench.settings import load_settings

    settings = load_settings(
        context=context or None,
        snapshot=snapshot or None,
        model=model or None,
        host=host,
        port=port,
    )
    telemetry(settings)
    with _listen(settings.host, settings.port) as listening:
        with suppress(KeyboardInterrupt, click.Abort):  # Ctrl-C, or SIGTERM before it was open
            run_async(_serve(settings, listening))
        click.echo("Stopped; what was recorded is kept.")


async def _serve(settings: Settings, listening: socket.socket) -> None:
    from workbench.api.access import credentials
    from workbench.api.app import create_app, guarded
    from workbench.api.server import Server
    from workbench.bootstrap import open_workbench, person

    token = secrets.token_urlsafe(24)
    async with open_workbench(settings, surface="api") as workbench:
        tokens = workbench.store.service_tokens
        ways_in = credentials(settings, token, person(), tokens, workbench.clock)
        parts = asyncio.create_task(_parts(settings, workbench))
        app = create_app(workbench, settings, _elsewhere(settings))
        pages = _add_pages(app)
        first = "/" if pages else "/api/docs"
        for part in await parts:
            click.echo(part.line)
        click.echo(f"pages     {pages or MISSING}")
        click.echo("api       /api (described at /api/docs)")
        if not settings.jupyterhub:
            click.echo(f"notebooks {LAB}")
        address = _address(settings, listening, token, first)
        server = Server(
            guarded(app, ways_in, settings), app, lambda: click.echo(f"open      {address}")
        )
        # In place of uvicorn's own way, which ends the process before the database is closed.
        on_sigterm(partial(server.handle_exit, signal.SIGTERM, None))
        await server.serve([listening])


async def _parts(settings: Settings, workbench: Workbench) -> list[Check]:
    """How each is doing, looked at side by side; what is down now may come later."""
    from workbench.cli.parts import Check, checked, cluster, model, tool_servers

    database = Check("database", "ok", workbench.store.description)
    rest = await asyncio.gather(
        checked("cluster", cluster, settings, ANSWERS_SECONDS),
        tool_servers(workbench),
        checked("model", model, settings),
    )
    return [database, *rest]


def _elsewhere(settings: Settings) -> dict[str, Callable[[], Awaitable[object]]]:
    """What questions need that is not in this process, as ``/readyz`` looks at it."""
    from workbench.cli.parts import cluster, holds, model

    return {"cluster": partial(holds, cluster, settings), "model": partial(holds, model, settings)}


def _add_pages(app: FastAPI) -> str:
    """The addresses of the pages, now served by the app; "" where Panel is not installed."""
    if (
        importlib.util.find_spec("panel") is None
        or importlib.util.find_spec("bokeh_fastapi") is None
    ):
        return ""
    from workbench.api.access import registers_commands
    from workbench.api.principals import Principal, Role
    from workbench.chat.mount import add_pages
    from workbench.chat.visitor import Shared, Visitor

    def who(scope: Scope) -> Visitor:
        found: Principal = scope["state"]["principal"]
        return Visitor(
            name=found.name,
            asks=found.role >= Role.OPERATOR,
            decides=found.role >= Role.APPROVER and not found.program,
            sees_all=found.role >= Role.ADMIN,
            person=not found.program,
            policy=found.policy,
            groups=found.groups,
        )

    state = app.state
    shared = Shared(
        state.live,
        state.runs,
        tuple(state.settings.runbook_dirs),
        commands=registers_commands(state.settings),
        elsewhere=state.settings.other_clusters,
    )
    return " ".join(add_pages(app, state.workbench, shared, who))


def _address(settings: Settings, listening: socket.socket, token: str, path: str) -> str:
    from workbench.api.access import people_sign_in

    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    own = not people_sign_in(settings)
    return f"http://{shown}:{port}{path}" + (f"?token={token}" if own else "")


def _listen(host: str, port: int) -> socket.socket:
    """Raises UsageError when the address is taken or is not one of ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)  # from here on nobody is refused, only kept waiting
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}.",
            "Choose another --host or --port.",
        ) from error
    return listening
