"""``workbench promote``: a concluded investigation as a runbook, proven by running it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.failures import HEALTHY
from workbench.cli.options import cluster_options, opened, opened_recordings, run_async

if TYPE_CHECKING:
    from workbench.core.runbook import RunbookRun
    from workbench.investigations.promote import Promoted


@click.command()
@click.argument("investigation")
@cluster_options
@click.option("--out", type=click.Path(path_type=Path), help="The runbook; a free name without it.")
@click.option(
    "--parameters",
    default="",
    metavar="NAMES",
    help="Recorded values that become parameters: namespace,pod; none of them: none.",
)
@click.option("--show", is_flag=True, help="List the recorded values and stop.")
def promote(
    investigation: str, context: str, snapshot: str, out: Path | None, parameters: str, show: bool
) -> int:
    """Make a runbook of INVESTIGATION (INV-3) and run it once: it has to find the cause again.

    The calls that the conclusion cites are kept, and what was found becomes gates. Their arguments
    become typed parameters: all of them, or those that --parameters names.
    """
    from workbench.investigations.lifting import listed, told

    if show:
        click.echo(listed(run_async(_made(investigation, parameters)).literals))
        return HEALTHY
    done, path, made = run_async(_promote(investigation, context, snapshot, out, parameters))
    click.echo(f"{path} finds the cause again: {done.output}")
    click.echo(told(made.literals))
    return HEALTHY


async def _made(label: str, parameters: str) -> Promoted:
    from workbench.investigations.lifting import chosen
    from workbench.investigations.promote import promote as promoted

    async with opened_recordings() as archive:
        found = await archive.load(label)
        return promoted(found, await archive.evidences(found), chosen(parameters))


async def _promote(
    label: str, context: str, snapshot: str, out: Path | None, parameters: str
) -> tuple[RunbookRun, Path, Promoted]:
    from workbench.child import child_environment
    from workbench.investigations.lifting import chosen
    from workbench.investigations.promote import promote as promoted
    from workbench.runbooks.proof import prove
    from workbench.settings import load_settings

    async with opened(context=context, snapshot=snapshot) as engine:
        found = await engine.load(label)
        made = promoted(found, await engine.evidences(label), chosen(parameters))
        settings = load_settings(context=context or None, snapshot=snapshot or None)
        env = child_environment(settings, engine.address)
        path = out or Path(f"runbook-{found.label}.ipynb")
        return *await prove(made.notebook, made.codes, path, env), made
