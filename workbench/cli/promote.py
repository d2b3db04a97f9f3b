"""``workbench promote``: a concluded investigation as a runbook, proven by running it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.failures import HEALTHY
from workbench.cli.options import cluster_options, opened, run_async

if TYPE_CHECKING:
    from workbench.core.runbook import RunbookRun


@click.command()
@click.argument("investigation")
@cluster_options
@click.option("--out", type=click.Path(path_type=Path), help="The runbook; a free name without it.")
def promote(investigation: str, context: str, snapshot: str, out: Path | None) -> int:
    """Make a runbook of INVESTIGATION (INV-3) and run it once: it has to find the cause again.

    The calls that the conclusion cites are kept, their arguments become parameters, and what was
    found becomes gates.
    """
    done, path = run_async(_promote(investigation, context, snapshot, out))
    click.echo(f"{path} finds the cause again: {done.output}")
    return HEALTHY


async def _promote(
    label: str, context: str, snapshot: str, out: Path | None
) -> tuple[RunbookRun, Path]:
    from workbench.child import child_environment
    from workbench.investigations.promote import promote as promoted
    from workbench.runbooks.proof import prove
    from workbench.settings import load_settings

    async with opened(context=context, snapshot=snapshot) as engine:
        found = await engine.load(label)
        made = promoted(found, await engine.evidences(label))
        settings = load_settings(context=context or None, snapshot=snapshot or None)
        env = child_environment(settings, engine.address)
        return await prove(
            made.notebook, made.codes, out or Path(f"runbook-{found.label}.ipynb"), env
        )
