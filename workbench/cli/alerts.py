"""``workbench alerts``: what was told, and what the looks found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli.options import run_async
from workbench.cli.screen import tell_empty
from workbench.core.characters import one_line

if TYPE_CHECKING:
    from workbench.store.alerts import Kept


@click.command()
@click.option("--limit", default=20, type=click.IntRange(1, 1000), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def alerts(limit: int, as_json: bool) -> None:
    """Alerts, the last told first, with the run that looked into each and what it came to."""
    from workbench.runbooks.alerts import shown

    found = run_async(_list(limit))
    if as_json:
        click.echo(msgspec.json.encode([shown(one) for one in found]))
        return
    tell_empty(found, "No alert came yet: workbench alert FILE sends one.")
    for one in found:
        for line in _lines(one):
            click.echo(line)


async def _list(limit: int) -> tuple[Kept, ...]:
    from workbench.cli.sweep import opened_store

    async with opened_store() as store:
        return await store.alerts.list(limit)


def _lines(kept: Kept) -> list[str]:
    from workbench.core.notice import verdict

    alert, look = kept.alert, kept.look
    where = alert.labels.get("namespace", "")
    head = f"{kept.last_told:%Y-%m-%d %H:%M} {alert.status.value:<8} {alert.name} {where}"
    lines = [one_line(head.rstrip() + (f", told {kept.told} times" if kept.told > 1 else ""))]
    if look:
        lines.append(f"  {look.run} {look.runbook}: {look.item.status.value}")
        if said := verdict(look.item):
            lines.append(f"    {one_line(said, 800)}")
    if kept.reason:
        lines.append(f"  {one_line(kept.reason)}")
    return lines
