"""``workbench eval``: how well a model or an agent finds what is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli.failures import FINDINGS, HEALTHY
from workbench.cli.options import force_option, run_async
from workbench.cli.progress import progress
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.evaluation.cases import Case
    from workbench.evaluation.recording import Recording
    from workbench.evaluation.run import Contestant, Tapes
    from workbench.evaluation.score import Outcome
    from workbench.investigations.workbench import Workbench


@click.command("eval")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("-m", "--model", "models", multiple=True, help="A model to ask; repeatable.")
@click.option("--agent", "agents", multiple=True, help="An agent whose prompt to try; repeatable.")
@click.option("--only", default="", help="Scenarios of this name, with * for any letters.")
@click.option("--attempts", default=1, type=click.IntRange(1, 100), help="Times each is asked.")
@click.option("--against", type=click.Path(path_type=Path), help="An earlier --out to compare to.")
@click.option("--out", type=click.Path(path_type=Path), help="Keep the outcome here as JSON.")
@click.option("--html", type=click.Path(path_type=Path), help="Keep it here as a page to read.")
@click.option("--record", type=click.Path(path_type=Path), help="Keep the models' answers here.")
@click.option(
    "--recorded",
    type=click.Path(path_type=Path),
    help="Score the answers kept here by --record: no key, no model.",
)
@click.option(
    "--at-least",
    default=0.0,
    type=click.FloatRange(0, 1),
    help="Exit 1 when a share of right answers is below this.",
)
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def eval(
    folder: Path | None,
    models: tuple[str, ...],
    agents: tuple[str, ...],
    only: str,
    attempts: int,
    against: Path | None,
    out: Path | None,
    html: Path | None,
    record: Path | None,
    recorded: Path | None,
    at_least: float,
    force: bool,
    as_json: bool,
) -> int:
    """Ask about the scenarios in FOLDER (those that ship, without) and score the answers.

    Each model is asked with each agent; two or more are compared scenario by scenario. Everything
    asked is in the record, as that of the person `evaluation`.
    """
    from workbench.bootstrap import now
    from workbench.evaluation import report
    from workbench.evaluation.cases import bundled, cases
    from workbench.evaluation.page import page
    from workbench.evaluation.recording import read
    from workbench.files import refuse_taken, sealed

    refuse_taken(*(path for path in (out, html, record) if path), force=force)
    chosen = cases(folder or bundled(), only)
    before = report.read(against).outcomes if against else ()
    if recorded:
        if record or models or agents or attempts > 1:
            raise UsageError(
                "--recorded asks nobody: -m, --agent, --attempts and --record go with models.",
                "Compare with --against.",
            )
        outcomes = run_async(_played(chosen, read(recorded)))
    else:
        outcomes = run_async(_asked(chosen, models, agents, attempts, record))
    found = report.report(now(), outcomes, before)
    if out:
        _keep(out, msgspec.json.encode(found))
    if html:
        _keep(html, sealed(page(found)))
    click.echo(msgspec.json.encode(found) if as_json else report.table(found))
    fresh = {o.contestant for o in outcomes}
    low = [s for s in found.summaries if s.contestant in fresh and s.right.mean < at_least]
    return FINDINGS if low else HEALTHY


async def _asked(
    chosen: tuple[Case, ...],
    models: tuple[str, ...],
    agents: tuple[str, ...],
    attempts: int,
    record: Path | None,
) -> tuple[Outcome, ...]:
    from workbench.agent.choice import ANALYST
    from workbench.bootstrap import model_choice
    from workbench.evaluation.recording import recorder
    from workbench.evaluation.run import contestants
    from workbench.settings import load_settings

    asked = contestants(model_choice(load_settings()), models, agents)
    if record is None:
        return await _evaluate(chosen, asked, attempts)
    if all(one.model == ANALYST or one.label == ANALYST for one in asked):
        raise UsageError("The analyst needs no recording: it asks no model.", "Give -m MODEL.")
    with recorder(record) as tapes:
        return await _evaluate(chosen, asked, attempts, tapes)


async def _played(chosen: tuple[Case, ...], recording: Recording) -> tuple[Outcome, ...]:
    """Those of the scenarios that were recorded, as often as they were asked."""
    there = recording.known(chosen)
    return await _evaluate(there, recording.contestants, recording.attempts, recording.tape)


async def _evaluate(
    chosen: tuple[Case, ...],
    asked: tuple[Contestant, ...],
    attempts: int,
    tapes: Tapes = lambda *_: None,
) -> tuple[Outcome, ...]:
    from workbench.bootstrap import open_database, open_workbench
    from workbench.evaluation.run import evaluate
    from workbench.settings import load_settings

    async with open_database(load_settings()) as dsn:

        @asynccontextmanager
        async def over(folder: Path) -> AsyncIterator[Workbench]:
            here = load_settings(snapshot=str(folder), database_url=dsn)
            async with open_workbench(here, surface="evaluation") as bench:
                yield bench

        with progress(len(chosen) * len(asked) * attempts, "asking") as done:
            return await evaluate(chosen, asked, attempts, over, done, tapes)


def _keep(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
