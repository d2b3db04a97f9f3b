"""``workbench replay``: a recorded investigation again, with no cluster and maybe another model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli.ask import outcome
from workbench.cli.options import opened_recordings, run_async
from workbench.cli.screen import Screen, follow
from workbench.core.characters import one_line

if TYPE_CHECKING:
    from workbench.core.investigation import Investigation
    from workbench.mcp.replayed import Missing


@click.command()
@click.argument("investigation")
@click.option("-m", "--model", default="", help="provider:model, or `analyst` which needs no key.")
@click.option("--json", "as_json", is_flag=True, help="Print the investigation as JSON.")
def replay(investigation: str, model: str, as_json: bool) -> int:
    """Ask the question of INVESTIGATION again, with its recorded calls as the cluster.

    Nothing is called and nothing is recorded. Calls that were not recorded fail and are listed.
    Exit codes are those of ask.
    """
    found, missing = run_async(_replay(investigation, model, quiet=as_json))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        click.echo(f"\nreplayed from {found.label}: nothing was called and nothing recorded")
    for one in missing:
        arguments = msgspec.json.encode(one.arguments).decode()
        click.echo(one_line(f"not recorded: {one.tool} {arguments}"), err=as_json)
    return outcome(found)


async def _replay(
    reference: str, model: str, quiet: bool
) -> tuple[Investigation, tuple[Missing, ...]]:
    from workbench.bootstrap import model_choice, new_id, now, offered_tools
    from workbench.core.budget import Budget
    from workbench.investigations.replay import Replay
    from workbench.settings import load_settings

    settings = load_settings(model=model or None)
    async with opened_recordings() as archive:
        original = await archive.load(reference)
        evidence = await archive.evidences(original)
    played = Replay(original, evidence, await offered_tools(settings))
    budget = Budget(tool_calls=settings.max_tool_calls, seconds=settings.max_seconds)
    steps = played.steps(model_choice(settings), budget, now, new_id, settings.pseudonymise)
    return await follow(steps, Screen(quiet=quiet)), played.missing
