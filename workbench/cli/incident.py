"""``workbench incident``: what happened, what it was as a person says, and which were like it."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.options import cluster_options, force_option, run_async
from workbench.cli.options import opened_here as opened_workbench
from workbench.cli.screen import tell_empty, width
from workbench.core.characters import visible
from workbench.core.incident import Incident, Outcome, Similar
from workbench.core.render import incident as render
from workbench.errors import ToolRefused, UsageError
from workbench.files import REPORT_FORMS

if TYPE_CHECKING:
    from workbench.investigations.incidents import Checked, IncidentDesk
    from workbench.investigations.narrative import Scribe

OUTCOMES = [o.value for o in Outcome]


@click.group(cls=Suggesting)
def incident() -> None:
    """Incidents. Those that a person closed are what later investigations may learn from."""


@incident.command("open")
@click.argument("title", nargs=-1, required=True)
@click.option("-n", "--namespace", default="", help="The namespace it is about.")
@click.option("--shared", is_flag=True, help="For everybody, and not only for you.")
@click.option("--investigation", multiple=True, help="Attach INV-3; repeatable.")
def open_incident(
    title: tuple[str, ...], namespace: str, shared: bool, investigation: tuple[str, ...]
) -> None:
    """Open an incident called TITLE."""

    async def work() -> Incident:
        async with desk() as incidents:
            made = await incidents.open(" ".join(title), namespace, shared=shared)
            for label in investigation:
                made = await incidents.attach(made.label, label)
            return made

    click.echo(render.line(_done(work())))


@incident.command()
@click.argument("which", metavar="INCIDENT")
@click.argument("investigation")
def attach(which: str, investigation: str) -> None:
    """Attach INVESTIGATION (INV-3) to INCIDENT (INC-1)."""

    async def work() -> Incident:
        async with desk() as incidents:
            return await incidents.attach(which, investigation)

    click.echo(render.line(_done(work())))


@incident.command()
@click.argument("which", metavar="INCIDENT")
@click.argument("text", nargs=-1, required=True)
def note(which: str, text: tuple[str, ...]) -> None:
    """Add the note TEXT to INCIDENT."""

    async def work() -> Incident:
        async with desk() as incidents:
            return await incidents.note(which, " ".join(text))

    click.echo(render.line(_done(work())))


@incident.command()
@click.argument("which", metavar="INCIDENT")
@click.option("--cause", default="", help="What it was.")
@click.option("--fix", default="", help="What helped.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="How it ended.")
@click.option("-y", "--yes", is_flag=True, help="You are a person, and there is no terminal.")
def close(which: str, cause: str, fix: str, outcome: str | None, yes: bool) -> None:
    """Close INCIDENT with what it was. Asks, since only a person may say so.

    On a terminal it asks for whatever is not given.
    """
    if not (cause and outcome) and not _attended():
        raise UsageError(
            f"What was the cause of {which}, and how did it end?",
            f"Give --cause and --outcome. Choose from: {', '.join(OUTCOMES)}.",
        )

    async def work() -> Incident:
        from workbench.store.incidents import closed_already

        async with desk() as incidents:
            shown = await incidents.load(which)
            if shown.closed_at:
                raise closed_already(shown)
            said = cause, fix, outcome or ""
            if not all((cause, outcome)):
                said = _asked(shown, await _concluded(incidents, shown), *said)
            elif not yes:
                _ask(shown, cause)
            what, helped, ended = said
            return await incidents.close(which, cause=what, fix=helped, outcome=Outcome(ended))

    click.echo(_folded(render.whole(_done(work()))))


@incident.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the incidents as JSON.")
def list_incidents(as_json: bool) -> None:
    """Incidents you can see, newest first."""

    async def work() -> tuple[Incident, ...]:
        async with desk() as incidents:
            return await incidents.all()

    found = run_async(work())
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    tell_empty(found, "There is no incident: workbench incident open TITLE.")
    for one in found:
        click.echo(render.line(one))


@incident.command()
@click.argument("which", metavar="INCIDENT")
@click.option("--json", "as_json", is_flag=True, help="Print the incident as JSON.")
def show(which: str, as_json: bool) -> None:
    """Show INCIDENT whole."""

    async def work() -> Incident:
        async with desk() as incidents:
            return await incidents.load(which)

    found = _done(work())
    click.echo(msgspec.json.encode(found) if as_json else _folded(render.whole(found)))


@incident.command("report")
@click.argument("which", metavar="INCIDENT")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out"),
    help="Folder to write to, or the file.",
)
@click.option(
    "--to",
    "forms",
    type=click.Choice(REPORT_FORMS),
    multiple=True,
    help="Only this form.",
)
@click.option("-m", "--model", default="", help="Have this model write it up besides.")
@force_option
def report_incident(which: str, out: Path, forms: tuple[str, ...], model: str, force: bool) -> None:
    """Write the post-mortem of INCIDENT for people to finish.

    As a notebook, a page, Markdown or (with k8s-workbench[pdf]) PDF. What was recorded is in it:
    the course of things, investigations with their evidence, hypotheses, changes, earlier incidents
    like it. Secrets are taken out once more.

    With --model, the course of things is also told in sentences, each of which names the recorded
    calls that show it. The limits of an investigation hold for that, too.
    """

    async def work() -> tuple[Path, ...]:
        from workbench.bootstrap import now
        from workbench.investigations.postmortem import postmortem

        async with desk() as incidents:
            scribe = _scribe(model) if model else None
            return await postmortem(
                incidents, which, out, forms, now=now(), scribe=scribe, force=force
            )

    for path in run_async(work()):
        click.echo(path)


@incident.command("similar")
@click.argument("which", metavar="INCIDENT", required=False, default="")
@click.option("--investigation", default="", help="Like what INV-3 found.")
@click.option("--text", default="", help="Like these words.")
@click.option("--check", is_flag=True, help="Make the calls that decided the first one again.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@cluster_options
def similar_incidents(
    which: str,
    investigation: str,
    text: str,
    check: bool,
    as_json: bool,
    context: str,
    snapshot: str,
) -> None:
    """Closed incidents like INCIDENT, and why they are alike.

    With --check, the calls that decided the first of them are made again on the cluster: an old fix
    fits where they still answer the same.
    """
    if not (which or investigation or text):
        raise UsageError("Like what?", "An incident, --investigation INV-3, or --text.")

    async def plain() -> tuple[tuple[Similar, ...], tuple[Checked, ...]]:
        async with desk() as incidents:
            return await incidents.similar(which, investigation=investigation, text=text), ()

    async def checked() -> tuple[tuple[Similar, ...], tuple[Checked, ...]]:
        from workbench.investigations.incidents import IncidentDesk

        async with opened_workbench(context=context, snapshot=snapshot) as workbench:
            incidents = await IncidentDesk.of(workbench)
            found = await incidents.similar(which, investigation=investigation, text=text)
            first = [one.incident for one in found[:1]]
            held = [await incidents.still_holds(one, workbench.rerun) for one in first]
            return found, held[0] if held else ()

    found, held = run_async(checked() if check else plain())
    if as_json:
        click.echo(msgspec.json.encode({"similar": found, "checked": held}))
        return
    click.echo(_folded(_alike(found, held)) or "No closed incident is like that.")


@asynccontextmanager
async def desk() -> AsyncIterator[IncidentDesk]:
    """Incidents on behalf of who sits here; no cluster is reached."""
    from workbench.bootstrap import new_id, now, open_database, person
    from workbench.investigations.incidents import IncidentDesk
    from workbench.settings import load_settings
    from workbench.store.database import open_store

    async with open_database(load_settings()) as dsn, open_store(dsn) as store:
        name = person()
        who = await store.users.ensure(new_id(), name)
        yield IncidentDesk(store, who.id, name, now, new_id)


def _scribe(model: str) -> Scribe:
    """Raises UsageError for a provider that is not known."""
    from workbench.bootstrap import budget_of, model_choice, now
    from workbench.investigations.narrative import Scribe
    from workbench.settings import load_settings

    settings = load_settings()
    choice = msgspec.structs.replace(model_choice(settings), spec=model)
    choice.check_provider()
    return Scribe(choice, budget_of(settings), now, settings.pseudonymise)


def _done(work: Coroutine[Any, Any, Incident]) -> Incident:
    return run_async(work)


def _attended() -> bool:
    """Whether there is a terminal with a person at it."""
    there = sys.stdin.isatty() and sys.stdout.isatty()
    return there and not os.environ.get("WORKBENCH_SURFACE")


async def _concluded(incidents: IncidentDesk, shown: Incident) -> list[str]:
    """What the attached investigations came to: to remember, and not to be taken over unread."""
    cases = await incidents.cases(shown)
    ended = ((one.label, one.conclusion) for one, _ in cases)
    return [f"{label} concluded: {said.verdict}" for label, said in ended if said]


def _asked(
    shown: Incident, concluded: list[str], cause: str, fix: str, outcome: str
) -> tuple[str, str, str]:
    """Cause, fix and outcome, as the person at the terminal says them."""
    click.echo(_folded([render.line(shown), *(f"  {visible(words)}" for words in concluded)]))
    cause = cause or click.prompt("What was the cause")
    fix = fix or click.prompt("What helped (empty for nothing)", default="", show_default=False)
    outcome = outcome or click.prompt("How did it end", type=click.Choice(OUTCOMES))
    return cause, fix, outcome


def _folded(lines: list[str]) -> str:
    """The lines, folded to the terminal's width below where their words begin."""
    return "\n".join(
        textwrap.fill(
            line, width(), subsequent_indent=" " * 12, break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )  # fmt: skip


def _ask(shown: Incident, cause: str) -> None:
    if not _attended():
        raise ToolRefused(
            f"{shown.label} was not closed: there is no terminal to ask a person on.",
            "Say --yes where you are one.",
        )
    if not click.confirm(f"Was “{cause}” the cause of {shown.label} ({shown.title})?"):
        raise ToolRefused(f"{shown.label} was not closed.")


def _alike(found: tuple[Similar, ...], held: tuple[Checked, ...]) -> list[str]:
    lines = list(render.alike(found))
    for check in held:
        state = "holds" if check.holds else check.problem or "is different now"
        lines.append(f"today   {check.reference} {state}")
    return lines
