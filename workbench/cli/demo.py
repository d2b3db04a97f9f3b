"""``workbench demo``: the whole of it once, on the bundled broken cluster."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from workbench.agent.choice import ANALYST
from workbench.cli.failures import FAILED, HEALTHY
from workbench.cli.options import opened_here, run_async
from workbench.cli.screen import Screen, follow
from workbench.core.cluster import Scope
from workbench.core.counted import counted
from workbench.core.runbook import RunStatus
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.core.investigation import Investigation
    from workbench.core.runbook import RunbookRun
    from workbench.investigations.workbench import Workbench

QUESTION = "Why is checkout failing?"
RUNBOOK = "crash-looping-workload"


@click.command()
@click.option("-c", "--context", default="", help="Look at this live cluster instead.")
@click.option("--question", default=QUESTION, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/demo"), show_default=True)
def demo(context: str, question: str, out: Path) -> int:
    """One whole investigation: question, evidence, verdict, runbook, report.

    Looks at the bundled broken cluster unless KUBECONFIG or --context names a live one.
    """
    return run_async(_demo(context, question, out))


async def _demo(context: str, question: str, out: Path) -> int:
    import os

    started = perf_counter()
    snapshot = "" if context or os.environ.get("KUBECONFIG") else "demo"
    async with opened_here(context=context, snapshot=snapshot) as workbench:
        click.echo(_parts(workbench))
        click.echo(f"\n{click.style('ask', bold=True)}  {question}\n")
        found = await _ask(workbench, question)
        click.echo(f"\n{click.style('runbook', bold=True)}  {RUNBOOK}")
        run = await _run(workbench, found, out)
        how = (run.error or run.status.value).rstrip(".")
        click.echo(f"  {how}, {counted(len(run.findings), 'finding')}")
        rows = await _export(workbench, found, run, out)
    if workbench.address.frozen:
        click.echo(
            "\nThe commands above need a cluster that answers; this one is closed now. Serve it"
        )
        click.echo("again with: workbench snapshot serve demo")
    click.echo(f"\n{rows} tool calls in the record · {perf_counter() - started:.0f} s")
    return FAILED if run.status in (RunStatus.FAILED, RunStatus.INTERRUPTED) else HEALTHY


def _parts(workbench: Workbench) -> str:
    frozen = "frozen, nothing in it can be changed" if workbench.address.frozen else "live"
    analyst = workbench.model_name == ANALYST
    lines = [
        ("database", workbench.store.description),
        ("cluster", f"{workbench.cluster} ({frozen})"),
        ("model", "built-in analyst, needs no key" if analyst else workbench.model_name),
    ]
    return "\n".join(f"{name:<10}{value}" for name, value in lines)


async def _ask(workbench: Workbench, question: str) -> Investigation:
    found = await follow(workbench.ask(question, Scope()), Screen())
    if found.conclusion is None:
        raise WorkbenchError("The investigation has no conclusion.", "See the steps above.")
    return found


async def _run(workbench: Workbench, found: Investigation, out: Path) -> RunbookRun:
    from workbench.child import child_environment
    from workbench.runbooks.catalogue import find
    from workbench.runbooks.run import run
    from workbench.settings import load_settings

    root = next((f for f in found.findings if f.root_cause), None)
    return await run(
        find(RUNBOOK),
        {"namespace": root.subject.namespace} if root and root.subject.namespace else {},
        out / f"{RUNBOOK}.ipynb",
        env=child_environment(load_settings(), workbench.address),
    )


async def _export(workbench: Workbench, found: Investigation, run: RunbookRun, out: Path) -> int:
    from workbench.investigations.report import export

    evidences = await workbench.evidences(found.label)
    paths = export(found, evidences, out, now=workbench.clock(), force=True)  # its own folder
    click.echo(f"\nreport    {paths.html}\nnotebook  {paths.notebook}\nrunbook   {run.output}")
    return await workbench.store.record.count_all()
