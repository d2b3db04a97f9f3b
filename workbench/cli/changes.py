"""``workbench changes``: proposed changes and what became of them."""

from __future__ import annotations

import click
import msgspec

from workbench.cli.options import cluster_options, opened, run_async
from workbench.cli.screen import tell_empty


@click.command()
@click.argument("change", required=False, default="")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@cluster_options
def changes(change: str, as_json: bool, context: str, snapshot: str) -> None:
    """List proposed changes, newest first; or show CHANGE (C-7) whole."""
    run_async(_show(change, as_json, context, snapshot))


async def _show(change: str, as_json: bool, context: str, snapshot: str) -> None:
    from workbench.core.change import shown
    from workbench.core.render.change import change_line, change_text

    async with opened(context=context, snapshot=snapshot) as workbench:
        found = (await workbench.change(change),) if change else await workbench.changes()
        if as_json:
            click.echo(msgspec.json.encode([shown(*known, workbench.clock()) for known in found]))
            return
        tell_empty(found, "No change was proposed.")
        for one, approval in found:
            show = change_text if change else change_line
            click.echo(show(one, approval, workbench.clock()))
