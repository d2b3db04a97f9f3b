"""``workbench approve``: a person's yes to one proposed change, and the change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workbench.cli.options import cluster_options, opened, run_async
from workbench.core.counted import counted
from workbench.errors import ToolRefused

if TYPE_CHECKING:
    from workbench.core.change import Applied, ProposedChange


@click.command()
@click.argument("change")
@click.option("--digest", default="", help="The digest you were shown; needed without a terminal.")
@click.option(
    "--wait", type=click.FloatRange(0, 600), default=0.0, help="Seconds before the look after it."
)
@click.option("--reason", default="", help="Why, for the record.")
@cluster_options
def approve(
    change: str, digest: str, wait: float, reason: str, context: str, snapshot: str
) -> None:
    """Approve CHANGE (C-7), and make exactly what was shown, once.

    Shows it whole and asks. Where there is no terminal to ask on, the answer is no, unless --digest
    says what you have seen. Exit code 3 when it is not made.
    """
    run_async(_approve(change, digest, wait, reason, context, snapshot))


async def _approve(
    change: str, digest: str, wait: float, reason: str, context: str, snapshot: str
) -> None:
    from workbench.core.render.change import change_text

    async with opened(context=context, snapshot=snapshot) as workbench:
        shown, approval = await workbench.change(change)
        click.echo(change_text(shown, approval, workbench.clock()))
        if not digest:
            _ask(shown)
        applied = await workbench.approve(
            change, digest=digest or shown.digest, wait=wait, reason=reason
        )
        _tell(applied)


def _ask(change: ProposedChange) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ToolRefused(
            f"{change.label} was not approved: there is no terminal to ask on.",
            f"Say what you have seen: --digest {change.digest[:12]}.",
        )
    if not click.confirm(f"Make this change to {change.cluster}?", default=False):
        raise ToolRefused(f"{change.label} was not approved.", "`workbench deny` settles it.")


def _tell(applied: Applied) -> None:
    looks = f"before ({applied.before}) and after ({applied.after})"
    click.echo(f"made     {applied.evidence}, looked at {looks}")
    for finding in applied.resolved:
        click.echo(f"gone     {finding.subject}: {finding.title}")
    for finding in applied.appeared:
        click.echo(f"new      {finding.subject}: {finding.title}")
    click.echo(
        f"remain   {counted(applied.remaining, 'finding')} there; controllers may still be at work"
    )
