"""``workbench up``: serve the API until it is stopped."""

from __future__ import annotations

import asyncio
import secrets
import socket
from typing import TYPE_CHECKING

import click

from workbench.cli.options import cluster_options
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.settings import Settings

BACKLOG = 2048
"""Connections that wait to be taken."""


@click.command()
@cluster_options
@click.option("-m", "--model", default="", help="provider:model, or `analyst` which needs no key.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", type=int, metavar="NUMBER", help="Port to listen on; 0 for any free one.")
def up(context: str, snapshot: str, model: str, host: str | None, port: int | None) -> None:
    """Serve the API on this machine.

    Prints an address with a token that lets one person in, unless settings say how people sign in.
    """
    from workbench.settings import load_settings

    settings = load_settings(
        context=context or None,
        snapshot=snapshot or None,
        model=model or None,
        host=host,
        port=port,
    )
    asyncio.run(_serve(settings, _listen(settings.host, settings.port)))


async def _serve(settings: Settings, listening: socket.socket) -> None:
    from workbench.api.access import credentials
    from workbench.api.app import create_app, guarded
    from workbench.api.server import Server
    from workbench.bootstrap import open_workbench, person

    token = secrets.token_urlsafe(24)
    async with open_workbench(settings, surface="api") as workbench:
        tokens = workbench.store.service_tokens
        ways_in = credentials(settings, token, person(), tokens, workbench.clock)
        app = create_app(workbench, settings)
        click.echo(f"cluster   {workbench.cluster}")
        click.echo(f"database  {workbench.store.description}")
        click.echo(f"model     {workbench.model_name}")
        click.echo(f"open      {_address(settings, listening, token)}")
        await Server(guarded(app, ways_in, settings), app).serve([listening])


def _address(settings: Settings, listening: socket.socket, token: str) -> str:
    from workbench.api.access import people_sign_in

    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    own = not people_sign_in(settings)
    return f"http://{shown}:{port}/api/docs" + (f"?token={token}" if own else "")


def _listen(host: str, port: int) -> socket.socket:
    """Raises UsageError when the address is taken or is not one of ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)  # the address is told before the server is up: nobody is refused
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}.", "Choose another --port."
        ) from error
    return listening
