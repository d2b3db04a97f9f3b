"""``workbench agents``: the agents there are, and those of your own."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.options import run_async
from workbench.core.agents import AgentProfile
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.store.database import Store

R = TypeVar("R")


@click.group(cls=Suggesting)
def agents() -> None:
    """List, show, save and delete agents."""


@agents.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_agents(as_json: bool) -> None:
    """Every agent: those in the database, and those that ship."""
    from workbench.investigations.agents import every

    found = run_async(_with_store(every))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found:
        click.echo(f"{one.name:<14}{one.description}")


@agents.command()
@click.argument("name")
def show(name: str) -> None:
    """One agent as the TOML that `save` takes."""
    from workbench.investigations.agents import profile

    async def work(store: Store) -> AgentProfile:
        return await profile(store, name)

    click.echo(_toml(run_async(_with_store(work))), nl=False)


@agents.command()
@click.argument("file", type=click.File("rb"))
def save(file: BinaryIO) -> None:
    """Keep the agent that FILE (TOML) describes. One of the same name is changed."""
    agent = read(file.read())

    async def work(store: Store) -> None:
        from workbench.bootstrap import new_id
        from workbench.investigations.agents import config

        await store.agent_configs.save(config(agent, new_id()))

    run_async(_with_store(work))
    click.echo(f"Agent {agent.name} is kept: workbench ask --agent {agent.name} …")


@agents.command()
@click.argument("name")
def delete(name: str) -> None:
    """Forget an agent of your own. Those that ship stay."""

    async def work(store: Store) -> None:
        await store.agent_configs.delete(name)

    run_async(_with_store(work))
    click.echo(f"Agent {name} is forgotten.")


def read(text: bytes) -> AgentProfile:
    """The agent a TOML file describes. Raises UsageError saying what is wrong with it."""
    try:
        found = msgspec.convert(tomllib.loads(text.decode()), AgentProfile, strict=True)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"The file is no agent: {error}.", "See `workbench agents show`."
        ) from error
    if not found.name:
        raise UsageError("The agent has no name.", 'Begin with: name = "my-agent"')
    return found


def _toml(agent: AgentProfile) -> str:
    """The fields that say anything; those of several lines are written as such."""
    fields = msgspec.structs.asdict(agent)
    told = {name: value for name, value in fields.items() if value not in ("", (), None)}
    return "".join(f"{name} = {_value(value)}\n" for name, value in told.items())


def _value(value: Any) -> str:
    """A JSON string or list of strings is a TOML one too (TOML 1.0.0, "String")."""
    written = msgspec.json.encode(value).decode()
    if isinstance(value, str) and "\n" in value and "\\" not in value:
        lines = written[1:-1].replace("\\n", "\n")
        return f'"""\n{lines}"""'
    return written


async def _with_store(work: Callable[[Store], Awaitable[R]]) -> R:
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.database import open_store

    async with open_database(load_settings()) as dsn, open_store(dsn) as store:
        return await work(store)
