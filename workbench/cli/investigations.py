"""``workbench investigations``: what was investigated, opened again and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.ask import outcome
from workbench.cli.options import cluster_options, opened, opened_recordings, run_async
from workbench.cli.screen import Screen, follow, tell_empty, width
from workbench.core.characters import one_line
from workbench.core.evidence import Evidence
from workbench.core.investigation import Asked, Investigation
from workbench.core.render import text
from workbench.core.render.card import card
from workbench.core.terms import Terms


@click.group(cls=Suggesting)
def investigations() -> None:
    """List, show, resume and fork investigations."""


@investigations.command("list")
@click.option("--limit", default=20, help="Investigations at most.", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_investigations(limit: int, as_json: bool) -> None:
    """Investigations, newest first."""

    async def work() -> Sequence[Investigation]:
        async with opened_recordings() as archive:
            return await archive.recent(limit)

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    tell_empty(found, "Nothing was asked yet: workbench ask QUESTION.")
    for one in found:
        click.echo(_line(one))


@investigations.command()
@click.argument("investigation")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(investigation: str, as_json: bool) -> None:
    """One investigation: its steps, its answer and its recorded calls."""

    async def work() -> tuple[Investigation, tuple[Evidence, ...]]:
        async with opened_recordings() as archive:
            found = await archive.load(investigation)
            return found, tuple(await archive.evidences(found))

    found, evidence = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode({"investigation": found, "evidence": evidence}))
        return
    click.echo(text.investigation(card(found, datetime.now(UTC)), width()))
    if evidence:
        click.echo("\nCalls")
    for one in evidence:
        words = f"{one.outcome.value:<10}{one.tool} {text.arguments(one)}"
        click.echo(f"  {one.label:<5}{one_line(words, width() - 7)}")


@investigations.command()
@click.argument("investigation")
@cluster_options
@click.option("-m", "--model", default="", help="provider:model, or `analyst` which needs no key.")
@click.option("--json", "as_json", is_flag=True, help="Print the investigation as JSON.")
def resume(investigation: str, context: str, snapshot: str, model: str, as_json: bool) -> int:
    """Take up INVESTIGATION where it was stopped.

    Calls that were answered are not made again. Exit codes are those of ask.
    """

    async def work() -> Investigation:
        async with opened(context=context, snapshot=snapshot, model=model) as workbench:
            return await follow(workbench.resume(investigation), Screen(quiet=as_json))

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
    return outcome(found)


@investigations.command()
@click.argument("investigation")
@click.argument("question", nargs=-1)
@cluster_options
@click.option("--after", default="", help="The last step that is kept: E5, or a number from 1.")
@click.option("-m", "--model", default="", help="provider:model, or `analyst` which needs no key.")
@click.option("--agent", default="", help="A configured agent, or one that ships: network, lead …")
@click.option("--json", "as_json", is_flag=True, help="Print the investigation as JSON.")
def fork(
    investigation: str,
    question: tuple[str, ...],
    context: str,
    snapshot: str,
    after: str,
    model: str,
    agent: str,
    as_json: bool,
) -> int:
    """Go on from a step of INVESTIGATION in a new one.

    With another model, agent or QUESTION. What was read until then is taken from its record. Exit
    codes are those of ask.
    """

    async def work() -> Investigation:
        async with opened(context=context, snapshot=snapshot) as workbench:
            terms = Terms(model=model, agent=agent)
            words = " ".join(question)
            steps = workbench.fork(investigation, after=after, question=words, terms=terms)
            return await follow(steps, Screen(quiet=as_json))

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
    return outcome(found)


def _line(one: Investigation) -> str:
    asked = next((step for step in one.steps if isinstance(step, Asked)), None)
    when = f"{asked.at:%Y-%m-%d %H:%M}" if asked else " " * 16
    said = one.conclusion.verdict if one.conclusion else ""
    words = f"{one.question} · {said}" if said else one.question
    return f"{one.label:<9}{when}  {one.status.value:<10}" + one_line(words, max(40, width() - 39))
