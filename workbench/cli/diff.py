"""``workbench diff``: what changed between recorded answers, or between then and now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli.failures import FAILED, FINDINGS, HEALTHY
from workbench.cli.options import cluster_options, opened, opened_recordings, run_async
from workbench.core.references import Reference, parse
from workbench.core.render.difference import text
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.core.difference import Comparison


@click.command()
@click.argument("before")
@click.argument("after", default="")
@click.option("--now", is_flag=True, help="Ask again now (what happens without AFTER anyway).")
@click.option("--investigation", default="", help="Which one E12 is of; the newest without.")
@cluster_options
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def diff(
    before: str,
    after: str,
    now: bool,
    investigation: str,
    context: str,
    snapshot: str,
    as_json: bool,
) -> int:
    """What changed from BEFORE to AFTER: E12, INV-3/E12 or all of INV-3.

    Without AFTER the same questions are asked again, of the cluster of --context: only calls that
    read are made again. Times, ages, versions and order do not count.

    Exit codes: 0 nothing changed, 1 something did, 2 nothing could be compared.
    """
    if now and after:
        raise UsageError("--now and AFTER exclude each other.", "Give one of them.")
    settings = {"context": context, "snapshot": snapshot}
    found = run_async(_compare(parse(before), after, investigation, settings))
    click.echo(msgspec.json.encode(found) if as_json else text(found))
    if not (found.changed or found.same):
        return FAILED
    return FINDINGS if found.changed else HEALTHY


async def _compare(
    first: Reference, after: str, investigation: str, settings: dict[str, str]
) -> Comparison:
    async with opened_recordings() as archive:
        if not first.investigation:
            first = first.within(investigation or (await archive.newest()).label)
        if after:
            return await archive.diff(str(first), after)
    async with opened(**settings) as workbench:
        return await workbench.rerun(str(first))
