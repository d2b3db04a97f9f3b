"""``workbench run``: runbook notebooks with parameters, each in a kernel of its own."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from workbench.cli.failures import ABORTED, FAILED, FINDINGS, HEALTHY
from workbench.cli.options import cluster_options, force_option, logs_option, run_async, tell_demo
from workbench.cli.screen import width
from workbench.core.counted import counted
from workbench.core.runbook import RunStatus
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.core.findings import Finding
    from workbench.core.runbook import Runbook, RunbookRun
    from workbench.runbooks.batch import Job
    from workbench.runbooks.execution import Progress
    from workbench.settings import Settings

EXIT = {
    RunStatus.HEALTHY: HEALTHY,
    RunStatus.FINDINGS: FINDINGS,
    RunStatus.FAILED: FAILED,
    RunStatus.INTERRUPTED: ABORTED,
}
CODE_QUALITY = Path("gl-code-quality-report.json")
"""Where GitLab's documentation of code quality reports has it."""


@click.command()
@click.argument("notebooks", nargs=-1, metavar="[NOTEBOOK]...")
@click.option(
    "-p", "--parameter", "given", multiple=True, metavar="NAME=VALUE", help="A parameter."
)
@click.option(
    "-f",
    "--parameters",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="YAML or JSON file with parameters, or with a list of sets: one run each.",
)
@cluster_options
@logs_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Output notebook, over that of an earlier run; a folder for several runs.",
)
@click.option("-j", "--jobs", default=2, type=click.IntRange(1, 32), help="Runs at a time.")
@click.option("--timeout", type=click.FloatRange(min=1), help="Seconds that a run may take.")
@click.option(
    "--cell-timeout", default=600.0, type=click.FloatRange(min=1), help="Seconds for a cell."
)
@click.option(
    "--approval",
    "approvals",
    multiple=True,
    metavar="FILE",
    help="What somebody signed with `workbench approve --ahead`; repeatable.",
)
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML there.")
@click.option("--result", type=click.Path(path_type=Path), help="Write the runs as JSON there.")
@click.option(
    "--annotations",
    type=click.Choice(["github", "gitlab"]),
    help="What is wrong as annotations of that CI system.",
)
@click.option("--list", "show_list", is_flag=True, help="List the runbooks there are.")
@click.option("--show", is_flag=True, help="Show the runbook's parameters and stop.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def run(
    notebooks: tuple[str, ...],
    given: tuple[str, ...],
    files: tuple[Path, ...],
    context: str,
    snapshot: str,
    logs: Path | None,
    approvals: tuple[str, ...],
    show_list: bool,
    show: bool,
    force: bool,
    **options: Any,
) -> int:
    """Run runbooks, each NOTEBOOK a name from --list or a path, with every set of parameters.

    A secret is given as env:NAME or file:PATH. No change is made but one that was signed for this
    very runbook (--approval). Exit codes, the worst of several runs: 0 healthy, 1 findings or a
    gate that is not passed, 2 a cell failed, 3 interrupted or an approval that does not hold,
    64 usage.
    """
    from workbench.core.render import text
    from workbench.runbooks.catalogue import catalogue, find
    from workbench.settings import load_settings

    settings = load_settings(
        context=context or None,
        snapshot=snapshot or None,
        snapshot_logs=logs,
        approvals=approvals or None,
    )
    if show_list:
        for book in catalogue(settings.runbook_dirs).runbooks:
            click.echo(f"{book.name:<28} {book.summary or book.title}")
        return HEALTHY
    if not notebooks:
        raise UsageError("No runbook was named.", "See workbench run --list.")
    books = [find(name, settings.runbook_dirs) for name in notebooks]
    if show:
        click.echo("\n\n".join(text.runbook(book) for book in books))
        return HEALTHY
    check_approvals(settings, books)
    from workbench.files import refuse_taken
    from workbench.runbooks.batch import jobs

    out = options.pop("out")
    quality = CODE_QUALITY if options["annotations"] == "gitlab" else None
    results = (options["junit"], options["result"], quality)
    refuse_taken(*(path for path in results if path), force=force)
    sets = _sets(files, given)
    several = len(books) * len(sets) > 1
    todo = jobs(books, sets, lambda name, number: _output(out, name, number, several, force))
    return _run(todo, settings, **options)


def check_approvals(settings: Settings, books: Sequence[Runbook]) -> list[str]:
    """The signed approvals of the settings, each good for one of these runbooks. Raises ToolRefused
    and SettingsError."""
    from workbench.bootstrap import now
    from workbench.core.ahead import content_hash
    from workbench.investigations.ahead import checked, documents

    given = list(documents(settings.approvals).values())
    hashes = {content_hash(Path(book.path).read_bytes()) for book in books} if given else set()
    for document in given:
        checked(document, settings.approvers, hashes, now())
    return given


def _sets(files: Sequence[Path], given: Sequence[str]) -> list[dict[str, Any]]:
    """What the files hold, each set with what -p says over it."""
    from workbench.runbooks.parameters import load, parse

    typed = parse(list(given))
    return [{**one, **typed} for file in files for one in load(file)] or [dict(typed)]


def _output(out: Path | None, name: str, number: int, several: bool, force: bool) -> Path:
    from workbench.runbooks.outputs import prepared

    named = f"{name}-{number}" if number else name
    if out is None or not several:
        return prepared(out, named, force)
    return prepared(out / f"{named}.ipynb", named, force)


def _run(
    todo: Sequence[Job],
    settings: Settings,
    *,
    jobs: int,
    timeout: float | None,
    cell_timeout: float,
    junit: Path | None,
    result: Path | None,
    annotations: str | None,
    as_json: bool,
) -> int:
    import math

    screen = _Screen(len(todo), quiet=as_json)
    terms = {
        "at_once": jobs,
        "cell_seconds": cell_timeout,
        "seconds": timeout or math.inf,
        "on_progress": screen.progress,
        "on_end": screen.ended,
    }
    if not as_json:
        tell_demo(settings)
    done = run_async(_on_one_cluster(todo, settings, terms))
    _report(done, junit, result, annotations)
    if as_json:
        click.echo(msgspec.json.encode(done if len(done) > 1 else done[0]))
    return max((EXIT.get(one.status, FAILED) for one in done), default=HEALTHY)


async def _on_one_cluster(
    todo: Sequence[Job], settings: Settings, terms: dict[str, Any]
) -> list[RunbookRun]:
    """All of them, on a cluster that is there before a kernel starts, and is served once where
    it is frozen."""
    from workbench.child import child_environment
    from workbench.clusters import open_cluster
    from workbench.runbooks.batch import run_all

    if settings.gateway:
        return await run_all(todo, env=child_environment(settings), **terms)
    async with open_cluster(settings) as cluster:
        return await run_all(todo, env=child_environment(settings, cluster), **terms)


def _report(
    done: list[RunbookRun], junit: Path | None, result: Path | None, annotations: str | None
) -> None:
    from workbench.files import write_private
    from workbench.runbooks import reports

    if junit:
        write_private(junit, reports.junit(done))
    if result:
        write_private(result, msgspec.json.format(msgspec.json.encode(done)).decode() + "\n")
    if annotations == "github":
        click.echo(reports.github(done), nl=False, err=True)  # it reads both streams
    if annotations == "gitlab":
        write_private(CODE_QUALITY, reports.gitlab(done).decode() + "\n")


class _Screen:
    """Runs on a terminal: one line that says where each is, and what became of those that ended."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total, self._quiet = total, quiet
        self._ended = 0
        self._live = sys.stderr.isatty() and not quiet

    def progress(self, job: Job, progress: Progress) -> None:
        if self._live:
            count = f"[{self._ended}/{self._total}] " if self._total > 1 else ""
            where = f"{job.runbook.name} cell {progress.cell}/{progress.cells}"
            line = f"{count}{where} {progress.seconds:.0f} s  {progress.source}"
            click.echo(f"\r\x1b[2K{line[:78]}", nl=False, err=True)

    def ended(self, job: Job, done: RunbookRun) -> None:
        self._ended += 1
        if self._live:
            click.echo("\r\x1b[2K", nl=False, err=True)
        if self._quiet:
            return
        click.echo(f"{job.runbook.name}: {_outcome(done)}. The notebook is {done.output}")
        for gate in done.gates:
            if not gate.passed:
                click.echo(_folded("gate", f"not passed: {gate.told}"))
        for finding in done.findings:
            click.echo(_folded(finding.severity.word, _told(finding)))
        if done.error:
            click.echo(f"  {done.error}", err=True)


def _outcome(done: RunbookRun) -> str:
    """How it went in a few words: ``3 findings``, ``healthy, but not all could be looked at``."""
    if done.status not in (RunStatus.FINDINGS, RunStatus.HEALTHY):
        return str(done.status.value)
    partly = ", but not all could be looked at" if done.gaps else ""
    if done.findings:
        return counted(len(done.findings), "finding") + partly
    return f"{'healthy' if done.status is RunStatus.HEALTHY else 'a gate is not passed'}{partly}"


def _folded(word: str, told: str) -> str:
    """``  error    what it is``, folded to the terminal's width."""
    first = f"  {word:<8} "
    return textwrap.fill(
        told, width(), initial_indent=first, subsequent_indent=" " * len(first),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _told(finding: Finding) -> str:
    """The message, its object named with the namespace: before it where it does not name it."""
    subject, said = finding.subject, finding.message
    if re.search(rf"\b{re.escape(str(subject))}(?![\w.-])", said):
        return said
    spelled = rf"\b{re.escape(f'{subject.kind} {subject.name}')}(?![\w.-])"
    told, named = re.subn(spelled, str(subject), said, count=1)
    return told if named else f"{subject}: {said}"
