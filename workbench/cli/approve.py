"""``workbench approve``: a person's yes to one proposed change, and the change; or, ahead of a run,
the signed word that lets the run make it."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.options import cluster_options, force_option, opened, opened_here, run_async
from workbench.core.counted import counted
from workbench.core.duration import parse_duration
from workbench.errors import Conflict, ToolRefused, UsageError

if TYPE_CHECKING:
    from workbench.core.change import Applied, Approval, ChangeState, ProposedChange
    from workbench.core.engine import Engine


@click.command()
@click.argument("change")
@click.option("--digest", default="", help="The digest you were shown; needed without a terminal.")
@click.option(
    "--wait", type=click.FloatRange(0, 600), default=0.0, help="Seconds before the look after it."
)
@click.option("--reason", default="", help="Why, for the record.")
@click.option(
    "--ahead",
    default="",
    metavar="RUNBOOK",
    help="Sign it for one run of RUNBOOK (a name or a path) instead of making it.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="With --ahead: your Ed25519 private key, PEM or OpenSSH.",
)
@click.option(
    "--expires", default="12h", show_default=True, help="With --ahead: how long it is good."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --ahead: the file it is written to; C-7.approval without it.",
)
@force_option
@cluster_options
def approve(
    change: str,
    digest: str,
    wait: float,
    reason: str,
    ahead: str,
    key: Path | None,
    expires: str,
    out: Path | None,
    force: bool,
    context: str,
    snapshot: str,
) -> None:
    """Approve CHANGE (C-7), and make exactly what was shown, once.

    Shows it whole and asks. Where there is no terminal to ask on, the answer is no, unless --digest
    says what you have seen. With --ahead nothing is made: what you sign lets a run make the same
    change with nobody in front of it (`workbench run RUNBOOK --approval C-7.approval`), once,
    unless `workbench deny` takes it back. Exit code 3 when it is not approved.
    """
    where = {"context": context, "snapshot": snapshot}
    if ahead:
        run_async(_sign(change, digest, reason, ahead, key, expires, out, force, where))
    elif key or out:
        raise UsageError("--key and --out are for signing.", "Add --ahead RUNBOOK.")
    else:
        run_async(_approve(change, digest, wait, reason, where))


async def _approve(
    change: str, digest: str, wait: float, reason: str, where: dict[str, str]
) -> None:
    async with opened(**where) as workbench:
        shown = await _show(workbench, change)
        if not digest:
            _ask(shown, f"Make this change to {shown.cluster}?")
        applied = await workbench.approve(
            change, digest=digest or shown.digest, wait=wait, reason=reason
        )
        _tell(applied)


async def _sign(
    change: str,
    digest: str,
    reason: str,
    runbook: str,
    key: Path | None,
    expires: str,
    out: Path | None,
    force: bool,
    where: dict[str, str],
) -> None:
    from workbench.files import refuse_taken, write_private
    from workbench.investigations.signing import MAKE_ONE, approver_of, private_key
    from workbench.runbooks.catalogue import find
    from workbench.settings import load_settings

    settings = load_settings()
    book, lifetime = (
        find(runbook, settings.runbook_dirs),
        timedelta(seconds=parse_duration(expires)),
    )
    if key is None:
        raise UsageError("Signing takes your private key: --key approval.pem.", MAKE_ONE)
    opened_key = private_key(key, _passphrase)
    approver_of(opened_key, settings.approvers)  # before anybody reads and answers
    async with opened_here(**where) as workbench:
        shown = await _show(workbench, change)
        path = out or Path(f"{shown.label}.approval")
        refuse_taken(path, force=force)
        if not digest:
            _ask(shown, f"Let one run of {book.name} make this change to {shown.cluster}?")
        document, approval = await workbench.sign(
            change, opened_key, settings.approvers, book,
            digest=digest or shown.digest, lifetime=lifetime, reason=reason,
        )  # fmt: skip
    write_private(path, document + "\n")
    click.echo(
        f"signed   by {approval.approver} for one run of {book.name}, until "
        f"{approval.expires:%Y-%m-%d %H:%M} UTC: {path}"
    )


async def _show(workbench: Engine, change: str) -> ProposedChange:
    from workbench.core.change import ChangeState, state
    from workbench.core.render.change import change_text

    shown, approval = await workbench.change(change)
    now = workbench.clock()
    where = state(shown, approval, now)
    if where is not ChangeState.PROPOSED:
        raise Conflict(_over(shown, approval, where), "Propose it again to have it made.")
    click.echo(change_text(shown, approval, now))
    return shown


def _over(change: ProposedChange, approval: Approval | None, where: ChangeState) -> str:
    """What became of one that no longer waits."""
    from workbench.core.render.change import settled

    if approval is None:
        return f"{change.label} expired at {change.expires:%Y-%m-%d %H:%M} UTC: nobody decided."
    return f"{change.label} is {where.value}: {settled(approval)}."


def _passphrase() -> str:
    if not sys.stdin.isatty():
        raise UsageError("The key takes a passphrase, and there is no terminal to ask for it on.")
    return str(click.prompt("Passphrase of the key", hide_input=True))


def _ask(change: ProposedChange, question: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ToolRefused(
            f"{change.label} was not approved: there is no terminal to ask on.",
            f"Say what you have seen: --digest {change.digest[:12]}.",
        )
    if not click.confirm(question, default=False):
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
