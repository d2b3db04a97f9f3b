"""``workbench cost``: what models cost, from the recorded answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli.options import opened_archive, run_async
from workbench.core.characters import one_line
from workbench.core.duration import parse_duration

if TYPE_CHECKING:
    from workbench.store.spending import Sum

BY = ("user", "model", "conversation", "investigation", "agent", "day")
NAMED = 32  # characters of a name


@click.command()
@click.option("--by", default="model", help="What to sum up by.", type=click.Choice(BY))
@click.option("--since", default="", help="Only the last 12h, 30d.")
@click.option("--json", "as_json", is_flag=True, help="Print the sums as JSON.")
def cost(by: str, since: str, as_json: bool) -> None:
    """What the answers of models cost, the dearest first.

    Dollars are reckoned from list prices; an answer of a model whose price is not known counts
    with its tokens only.
    """
    seconds = parse_duration(since) if since else 0
    start = datetime.now(UTC) - timedelta(seconds=seconds) if seconds else None

    async def work() -> tuple[Sum, ...]:
        async with opened_archive() as archive:
            return await archive.cost(by, start)

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
    elif not found:
        click.echo("No model was asked yet; the built-in analyst costs nothing.")
    else:
        click.echo(f"{by:<{NAMED}} {'answers':>8} {'read':>11} {'cached':>11} {'written':>9}  cost")
        for one in found:
            click.echo(_line(one))


def _line(one: Sum) -> str:
    name = one_line(one.name or "(none)", NAMED)
    tokens = f"{one.input_tokens:>11,} {one.cached_tokens:>11,} {one.output_tokens:>9,}"
    return f"{name:<{NAMED}} {one.requests:>8,} {tokens}  {_dollars(one)}"


def _dollars(one: Sum) -> str:
    if one.dollars is None:
        return "unknown"
    more = f" and {one.unpriced:,} answers of unknown price" if one.unpriced else ""
    return f"${one.dollars:.4f}{more}"
