"""``workbench deny``: a person's no to one proposed change."""

from __future__ import annotations

import click

from workbench.cli.options import cluster_options, opened, run_async


@click.command()
@click.argument("change")
@click.option("--reason", default="", help="Why, for the record.")
@cluster_options
def deny(change: str, reason: str, context: str, snapshot: str) -> None:
    """Deny CHANGE (C-7); it can never be made."""
    run_async(_deny(change, reason, context, snapshot))


async def _deny(change: str, reason: str, context: str, snapshot: str) -> None:
    async with opened(context=context, snapshot=snapshot) as workbench:
        denied = await workbench.deny(change, reason=reason)
        click.echo(f"{denied.label} is denied.")
