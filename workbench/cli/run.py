"""``workbench run``: a runbook notebook with parameters, in a child kernel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli.failures import FAILED, FINDINGS, HEALTHY
from workbench.cli.options import cluster_options, run_async
from workbench.core.runbook import RunStatus
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.runbooks.execution import Progress

EXIT = {
    RunStatus.HEALTHY: HEALTHY,
    RunStatus.FINDINGS: FINDINGS,
    RunStatus.FAILED: FAILED,
    RunStatus.INTERRUPTED: 3,
}


@click.command()
@click.argument("notebook", required=False)
@click.option("-p", "--parameter", "given", multiple=True, metavar="NAME=VALUE")
@cluster_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Output notebook; replaced if it is there.",
)
@click.option("--list", "show_list", is_flag=True, help="List the runbooks there are.")
@click.option("--show", is_flag=True, help="Show the runbook's parameters and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def run(
    notebook: str | None,
    given: tuple[str, ...],
    context: str,
    snapshot: str,
    out: Path | None,
    show_list: bool,
    show: bool,
    as_json: bool,
) -> int:
    """Run the runbook NOTEBOOK, a name from --list or a path, with parameters.

    Exit codes: 0 healthy, 1 findings, 2 a cell failed, 3 interrupted, 64 usage.
    """
    from workbench.core.render import text
    from workbench.files import free
    from workbench.runbooks.catalogue import catalogue, find
    from workbench.runbooks.parameters import parse
    from workbench.settings import load_settings

    settings = load_settings(context=context or None, snapshot=snapshot or None)
    if show_list:
        for book in catalogue(settings.runbook_dirs).runbooks:
            click.echo(f"{book.name:<28} {book.summary or book.title}")
        return HEALTHY
    if not notebook:
        raise UsageError("No runbook was named.", "See workbench run --list.")
    book = find(notebook, settings.runbook_dirs)
    if show:
        click.echo(text.runbook(book))
        return HEALTHY
    from workbench.bootstrap import child_environment
    from workbench.runbooks.run import run as execute

    target = out or free(Path("out") / "runs" / f"{book.name}.ipynb")
    done = run_async(
        execute(
            book,
            parse(given),
            target,
            env=child_environment(settings),
            on_progress=None if as_json else _show_progress,
        )
    )
    if as_json:
        click.echo(msgspec.json.encode(done))
    else:
        click.echo(f"{done.status.value}: {len(done.findings)} findings, {done.output}")
        for finding in done.findings:
            click.echo(f"  {finding.severity.word:<8} {finding.subject}: {finding.message}")
        if done.error:
            click.echo(f"  {done.error}", err=True)
    return EXIT.get(done.status, FAILED)


def _show_progress(progress: Progress) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{progress.cell} of {progress.cells}", nl=False, err=True)
