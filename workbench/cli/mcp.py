"""``workbench mcp``: tool servers added, looked at and accepted, and our own tools served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.failures import FAILED, HEALTHY
from workbench.cli.options import cluster_options, run_async
from workbench.core.counted import counted
from workbench.core.tools import McpServer, OAuthClient, Transport
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.mcp.hub import ToolHub
    from workbench.mcp.status import ServerStatus
    from workbench.settings import Settings
    from workbench.store.database import Store


@click.group(cls=Suggesting)
def mcp() -> None:
    """Manage tool servers, and serve the workbench's own tools to others."""


@mcp.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print the servers as JSON.")
def list_servers(as_json: bool) -> None:
    """Every tool server: how it is reached and where it is from."""
    rows = run_async(_servers())
    if as_json:
        shown = [{"from": source, **msgspec.to_builtins(server)} for server, source in rows]
        click.echo(msgspec.json.encode(shown))
        return
    for server, source in rows:
        state = "enabled" if server.enabled else "disabled"
        click.echo(
            f"{server.name:<16} {server.transport.value:<16} {state:<9} {source:<9} {where(server)}"
        )


@mcp.command()
@click.argument("name")
@click.argument("target", nargs=-1, required=True)
@click.option("-t", "--transport", type=click.Choice([t.value for t in Transport]), default=None)
@click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="A variable; repeatable.")
@click.option("-H", "--header", multiple=True, metavar="NAME: VALUE", help="Repeatable.")
@click.option("--oauth", default="", metavar="ID,SECRET,ISSUER", help="OAuth client credentials.")
@click.option("--description", default="", help="What it is for.")
@click.option("--prefix", default=None, help="Before its tools' names; its name unless given.")
@click.option("--call-seconds", default=60.0, show_default=True, help="The deadline of a call.")
def add(
    name: str,
    target: tuple[str, ...],
    transport: str | None,
    env: tuple[str, ...],
    header: tuple[str, ...],
    oauth: str,
    description: str,
    prefix: str | None,
    call_seconds: float,
) -> None:
    """Register a server by its address, or by a command after `--`.

    Secrets are named: -H 'Authorization: Bearer ${TOKEN}' is read from the environment when the
    server is reached.
    """
    from workbench.mcp.references import refuse_secret_in_address
    from workbench.mcp.registry import check_address, check_name, transport_of

    check_name(name, f"server {name!r}")
    url = target[0] if "://" in target[0] else ""
    chosen = Transport(transport) if transport else transport_of(url)
    if (chosen is Transport.STDIO) == bool(url):
        raise UsageError(f"{target[0]} cannot be reached by {chosen.value}.", "See --transport.")
    check_address(url, chosen, f"server {name!r}")
    refuse_secret_in_address(f"The address of {name}", url)
    server = McpServer(
        name=name,
        transport=chosen,
        description=description,
        command="" if url else target[0],
        args=() if url else target[1:],
        url=url,
        env=_pairs(env, "=", "-e"),
        headers=_pairs(header, ":", "-H"),
        oauth=_oauth(oauth),
        prefix=prefix,
        call_seconds=call_seconds,
    )
    run_async(_save(server))
    click.echo(f"{name} is registered. Try it: workbench mcp test {name}")


@mcp.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget a registered server and the definitions accepted of it."""
    run_async(_remove(name))
    click.echo(f"{name} is removed.")


@mcp.command()
@click.argument("name")
def enable(name: str) -> None:
    """Use a registered server again."""
    run_async(_switch(name, enabled=True))
    click.echo(f"{name} is enabled.")


@mcp.command()
@click.argument("name")
def disable(name: str) -> None:
    """Keep a registered server, but do not start it."""
    run_async(_switch(name, enabled=False))
    click.echo(f"{name} is disabled.")


@mcp.command()
@click.argument("names", nargs=-1)
@cluster_options
def test(names: tuple[str, ...], context: str, snapshot: str) -> int:
    """Start servers, ask them for their tools and time them. Exit code 2 when one fails."""
    results = run_async(_test(names, context, snapshot))
    for status, seconds in results:
        if seconds is None:
            click.echo(f"{status.name:<16} {click.style('failed', fg='red')}  {status.last_error}")
        else:
            said = f" as {status.implementation}" if status.implementation else ""
            changed = f", changed: {', '.join(status.changed)}" if status.changed else ""
            up = click.style("up", fg="green")
            count = f"{counted(status.tools, 'tool')}{changed}"
            click.echo(f"{status.name:<16} {up}  {seconds * 1000:.0f} ms, {count}{said}")
    return FAILED if any(seconds is None for _, seconds in results) else HEALTHY


@mcp.command()
@click.argument("server", default="")
@click.option("--json", "as_json", is_flag=True, help="Print the tools as JSON.")
@cluster_options
def tools(server: str, as_json: bool, context: str, snapshot: str) -> None:
    """The tools there are, and what each may do.

    Each reads, may change things, or waits to be accepted.
    """
    rows = run_async(_tools(server, context, snapshot))
    if as_json:
        keys = ("name", "state", "description")
        click.echo(msgspec.json.encode([dict(zip(keys, row, strict=True)) for row in rows]))
        return
    from workbench.cli.screen import width
    from workbench.core.characters import one_line

    widest = max((len(name) for name, *_ in rows), default=0)
    room = max(20, width() - widest - 10)
    for name, state, description in rows:
        colour = {"reads": "green", "changed": "red"}.get(state, "yellow")
        words = one_line(description, room)
        click.echo(f"{name:<{widest}} {click.style(f'{state:<8}', fg=colour)} {words}")


@mcp.command()
@click.argument("server")
@click.argument("tool", default="")
@click.option("--reads", is_flag=True, help="Also say that it only reads; it may then be called.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@cluster_options
def accept(server: str, tool: str, reads: bool, yes: bool, context: str, snapshot: str) -> None:
    """Show what changed in a tool and accept it. Without TOOL, each that changed."""
    run_async(_accept(server, tool, reads, yes, context, snapshot))


@mcp.command()
@click.option("--http", is_flag=True, help="Over streamable HTTP on loopback, not stdio.")
@click.option("--port", default=0, help="The port for --http; a free one unless given.")
@cluster_options
def serve(http: bool, port: int, context: str, snapshot: str) -> None:
    """Serve every tool, and `ask`, to any MCP client.

    Calls are guarded and recorded. Over HTTP a client needs the token: WORKBENCH_MCP_TOKEN, or
    the one printed at the start.
    """
    from workbench.cli.serving import serve as serve_tools

    run_async(serve_tools(http, port, context, snapshot))


def where(server: McpServer) -> str:
    """The address or command of a server, with its references as they are written."""
    return server.url or " ".join((server.command, *server.args))


def _pairs(values: Iterable[str], separator: str, option: str) -> dict[str, str]:
    from workbench.mcp.references import refuse_secret

    pairs = {}
    for value in values:
        name, found, rest = value.partition(separator)
        if not found or not name.strip():
            raise UsageError(f"{option} {value!r} has no {separator!r}.", "See --help.")
        refuse_secret(f"{option} {name.strip()}", name, rest)
        pairs[name.strip()] = rest.strip()
    return pairs


def _oauth(value: str) -> OAuthClient | None:
    from workbench.mcp.references import refers

    if not value:
        return None
    parts = value.split(",")
    if len(parts) != 3 or not refers(parts[1]):
        raise UsageError(
            "--oauth takes the client id, a reference to its secret and the issuer.",
            "Like: --oauth 'workbench,${CLIENT_SECRET},https://sso.example.com'",
        )
    return OAuthClient(client_id=parts[0], client_secret=parts[1], issuer=parts[2])


@asynccontextmanager
async def _store() -> AsyncIterator[tuple[Settings, Store]]:
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.database import open_store

    settings = load_settings()
    async with open_database(settings) as dsn, open_store(dsn) as store:
        yield settings, store


@asynccontextmanager
async def _hub(context: str, snapshot: str) -> AsyncIterator[tuple[ToolHub, Store]]:
    from workbench.bootstrap import open_hub
    from workbench.settings import load_settings

    settings = load_settings(context=context or None, snapshot=snapshot or None)
    async with open_hub(settings) as (hub, store, *_):
        yield hub, store


async def _servers() -> list[tuple[McpServer, str]]:
    from workbench.mcp.registry import BUILT_IN, servers

    async with _store() as (settings, store):
        registered = [entry.server for entry in await store.mcp_servers.list()]
        named = {server.name for server in servers(settings)} - {BUILT_IN}
        return [(s, _source(s, named)) for s in servers(settings, registered)]


def _source(server: McpServer, named: set[str]) -> str:
    from workbench.mcp.registry import BUILT_IN

    if server.name == BUILT_IN:
        return "settings"
    return "settings" if server.name in named else "database"


async def _save(server: McpServer) -> None:
    from workbench.bootstrap import new_id

    async with _store() as (_, store):
        await store.mcp_servers.save(new_id(), server)


async def _remove(name: str) -> None:
    async with _store() as (_, store):
        await store.mcp_servers.delete(name)
        await store.tool_pins.forget(name)


async def _switch(name: str, *, enabled: bool) -> None:
    async with _store() as (_, store):
        found = await store.mcp_servers.get(name)
        server = msgspec.structs.replace(found.server, enabled=enabled)
        await store.mcp_servers.save(found.id, server)


async def _test(
    names: tuple[str, ...], context: str, snapshot: str
) -> list[tuple[ServerStatus, float | None]]:
    import asyncio

    async with _hub(context, snapshot) as (hub, store):
        chosen = names or tuple(hub.enabled())
        latencies = await asyncio.gather(*(_try(hub, name) for name in chosen))
        states = {status.name: status for status in hub.status()}
        registered = {entry.server.name for entry in await store.mcp_servers.list()}
        for name in registered & set(chosen):
            tools = tuple(msgspec.json.decode(t.definition) for t in hub.offered(name))
            await store.mcp_servers.set_status(name, states[name].state.value, tools)
        return [(states[name], seconds) for name, seconds in zip(chosen, latencies, strict=True)]


async def _try(hub: ToolHub, name: str) -> float | None:
    from workbench.errors import ToolError

    try:
        await hub.connect(name)
        return await hub.ping(name)
    except ToolError:
        return None  # the status holds the reason


async def _tools(server: str, context: str, snapshot: str) -> list[tuple[str, str, str]]:
    import asyncio

    async with _hub(context, snapshot) as (hub, _):
        chosen = [server] if server else hub.enabled()
        await asyncio.gather(*(_try(hub, name) for name in chosen))
        rows = [
            (spec.name, "reads" if spec.read_only else "changes", spec.description)
            for spec in await hub.list()
            if not server or spec.server == server
        ]
        for name in chosen:
            rows += [(f"{name}_{tool}", "changed", "") for tool in hub.differences(name)]
        return rows


async def _accept(
    server: str, tool: str, reads: bool, yes: bool, context: str, snapshot: str
) -> None:
    from workbench.bootstrap import person

    async with _hub(context, snapshot) as (hub, _):
        await hub.connect(server)
        differences = hub.differences(server)
        chosen = [tool] if tool else sorted(differences)
        if not chosen:
            click.echo(f"No tool of {server} has changed.")
        for name in chosen:
            click.echo(differences.get(name) or _definition(hub, server, name))
            question = f"Accept {name} of {server}{' as one that only reads' if reads else ''}?"
            if yes or click.confirm(question):
                await hub.accept(server, name, by=person(), reads=reads)
                click.echo(f"{name} is accepted.")


def _definition(hub: ToolHub, server: str, tool: str) -> str:
    for offered in hub.offered(server):
        if offered.name == tool:
            return msgspec.json.format(offered.definition, indent=2).decode()
    names = ", ".join(offered.name for offered in hub.offered(server))
    raise UsageError(f"{server} offers no tool {tool}.", f"It offers {names}.")
