"""``workbench export``: an investigation as an executed report notebook and HTML."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.options import opened, run_async


@click.command()
@click.argument("investigation")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("out"), help="Folder to write to."
)
def export(investigation: str, out: Path) -> None:
    """Write INVESTIGATION (INV-12, or its UUID) as a report notebook and HTML."""
    run_async(_export(investigation, out))


async def _export(reference: str, out: Path) -> None:
    from workbench.investigations.report import export as write

    async with opened() as workbench:
        found = await workbench.load(reference)
        paths = write(found, await workbench.evidences(reference), out, now=workbench.clock())
    click.echo(f"notebook  {paths.notebook}\nhtml      {paths.html}")
