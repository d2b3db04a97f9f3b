"""``workbench propose``: try a change on the server and keep it for a decision."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from workbench.cli.options import cluster_options, opened, run_async
from workbench.errors import UsageError


@click.command()
@click.argument("tool")
@click.argument("arguments", nargs=-1, metavar="NAME=VALUE...")
@click.option("--why", default="", help="A sentence for whoever decides.")
@cluster_options
def propose(tool: str, arguments: tuple[str, ...], why: str, context: str, snapshot: str) -> None:
    """Try TOOL (scale, rollout_undo, set_image …) as a dry run and propose it.

    Needs allow_changes. Nothing is changed: `workbench approve` does that.
    """
    run_async(_propose(tool, dict(map(_pair, arguments)), why, context, snapshot))


async def _propose(
    tool: str, arguments: dict[str, Any], why: str, context: str, snapshot: str
) -> None:
    from workbench.core.render.change import change_text

    async with opened(context=context, snapshot=snapshot) as workbench:
        change = await workbench.propose(tool, arguments, why)
        click.echo(change_text(change, None, workbench.clock()))


def _pair(text: str) -> tuple[str, Any]:
    """``replicas=3``; a value that is JSON is read as such."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{text!r} is no NAME=VALUE.", "Like: replicas=3.")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value
