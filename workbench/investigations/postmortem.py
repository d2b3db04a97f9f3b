"""An incident as a notebook, to be finished by people: what was recorded stands in it, what only
they can know has a heading and room."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core import hypotheses
from workbench.core.characters import one_line
from workbench.core.duration import human
from workbench.core.evidence import Evidence
from workbench.core.incident import Incident, Similar
from workbench.core.investigation import (
    ChangeApplied,
    ChangeDecided,
    Concluded,
    Failed,
    Investigation,
    Noted,
)
from workbench.core.narrative import Narrative
from workbench.core.redaction import redact_value
from workbench.core.render import html, markdown
from workbench.core.render import incident as render
from workbench.core.render import narrative as render_narrative
from workbench.core.render.card import card
from workbench.core.render.document import document
from workbench.files import REPORT_FORMS, named, places, refuse_taken, sealed, write_private
from workbench.investigations.cells import Cell, as_json, as_markdown, notebook, prose
from workbench.investigations.chronicle import chronicle
from workbench.investigations.cleaned import Cleaned, cleaned
from workbench.investigations.narrative import Scribe, narrate
from workbench.investigations.pdf import as_pdf
from workbench.investigations.report import APPENDIX, EVIDENCE_CHARACTERS, claims, opened_card

if TYPE_CHECKING:
    from workbench.investigations.incidents import IncidentDesk

TO_SAY = {
    "Impact": "*Who noticed what, from when to when, and how many they were.*",
    "What went well, what did not": "*Alerts, dashboards, runbooks, hand-overs.*",
    "What will be done": "| what | who | until |\n|---|---|---|\n| | | |",
}
"""What no record knows."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An investigation of the incident with its recorded calls."""

    investigation: Investigation
    evidence: Sequence[Evidence]


async def postmortem(
    desk: IncidentDesk,
    which: str,
    out: Path,
    forms: Sequence[str],
    *,
    now: datetime,
    scribe: Scribe | None = None,
    force: bool = False,
) -> tuple[Path, ...]:
    """Write ``INC-1.ipynb``, ``.html``, ``.md`` or ``.pdf`` into the folder ``out``, or to the file
    it names; the paths in the order of ``forms`` (without them the one ``out`` ends in, else a
    notebook).

    scribe: writes it up besides, in sentences that cite the record. force: also over a file that
    somebody wrote or edited.
    Raises UsageError for such a file without, StoreError for an incident that is not there;
    ModelUnavailable, before anything is written, when the scribe's model gave nothing.
    """
    incident = await desk.load(which)
    found = [Case(investigation=i, evidence=e) for i, e in await desk.cases(incident)]
    forms = forms or named(out, REPORT_FORMS) or ("ipynb",)
    paths = places(out, incident.label, forms)
    refuse_taken(*paths, force=force)
    narrative = await _written_up(desk, incident, found, scribe) if scribe else None
    told = incident, found, await desk.similar(which), narrative
    for path, form in zip(paths, forms, strict=True):
        made = await asyncio.to_thread(_in_form, form, *told, now=now)  # a long PDF takes seconds
        write_private(path, sealed(made))
    return paths


def _in_form(form: str, *told: Any, now: datetime) -> str | bytes:
    match form:
        case "html":
            return page(*told, now=now)
        case "pdf":
            return as_pdf(page(*told, now=now, sheets=("paper",)))
        case "md":
            return as_markdown(written(*told, now=now))
    return as_json(written(*told, now=now))


async def _written_up(
    desk: IncidentDesk, incident: Incident, cases: Sequence[Case], scribe: Scribe
) -> Narrative:
    clean, kept = _redacted(incident, cases)
    facts = [f"{name}: {said}" for name, said in _facts(clean).items()]
    told = _told(clean, kept)
    moments = [f"{at:%Y-%m-%d %H:%M:%S} UTC  {what}" for at, what in told]
    record = "\n".join([f"Title: {clean.title}", *facts, "", *moments])
    return await narrate(desk, clean, kept, record, scribe)


def written(
    incident: Incident,
    cases: Sequence[Case],
    earlier: Sequence[Similar] = (),
    narrative: Narrative | None = None,
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
) -> dict[str, Any]:
    """The post-mortem as a notebook document; everything in it is redacted once more.

    earlier: closed incidents like it. narrative: how a model wrote it up.
    limit: characters of each result shown.
    """
    incident, kept = _redacted(incident, cases)
    cells = [
        prose(_head(incident, now)),
        *([prose(render_narrative.as_markdown(narrative))] if narrative else []),
        prose(f"## What happened\n\n{_course(incident, kept)}"),
    ]
    for one in kept:
        cells += _case(one, now, limit)
    cells += _earlier(earlier)
    cells += [prose(f"## {title}\n\n{hint}") for title, hint in TO_SAY.items()]
    cells.append(prose(f"## {APPENDIX}\n\n{_register(kept)}"))
    return notebook(cells, incident.id, {"postmortem": incident.label, "id": str(incident.id)})


def page(
    incident: Incident,
    cases: Sequence[Case],
    earlier: Sequence[Similar] = (),
    narrative: Narrative | None = None,
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
    sheets: tuple[str, ...] = (),
) -> str:
    """The same as one HTML document that stands alone; arguments as those of ``written``.

    sheets: style sheets besides those of a page.
    """
    incident, kept = _redacted(incident, cases)
    told = _told(incident, kept)
    calls = [(one.investigation.label, row) for one in kept for row in one.evidence]
    return document(
        one_line(f"{incident.label} {incident.title}", 120),
        html.tag("h1", one_line(f"{incident.label}: {incident.title}", 300)),
        html.tag("p", _banner(incident, now), class_="about"),
        html.facts(_facts(incident).items()),
        *(render_narrative.as_html(narrative) if narrative else ()),
        html.tag("h2", "What happened"),
        html.facts((f"{at:%Y-%m-%d %H:%M:%S}", what) for at, what in told),
        *(part for one in kept for part in _opened(one, now, limit)),
        *_alike(earlier),
        *(part for said in TO_SAY.items() for part in _room(*said)),
        html.tag("h2", APPENDIX),
        html.facts((f"{label} {row.label}", row.tool, row.sha256) for label, row in calls),
        sheets=sheets,
    )


def _opened(one: Cleaned, now: datetime, limit: int) -> Iterator[html.Html]:
    """An investigation with all of its evidence."""
    shown = card(one.investigation, now)
    yield html.tag("h2", one_line(f"{shown.label}: {shown.question}", 300))
    yield html.investigation(shown)
    board = hypotheses.board(one.investigation.notes)
    if board:
        yield html.tag("h3", "Hypotheses")
        yield html.facts((h.label, h.standing, h.text, ", ".join(h.evidence)) for h in board)
    yield from (html.evidence(row, limit) for row in one.evidence)


def _room(title: str, hint: str) -> Iterator[html.Html]:
    yield html.tag("h2", title)
    yield html.tag("p", "What, who, until when." if hint.startswith("|") else hint.strip("*"))


def _alike(earlier: Sequence[Similar]) -> Iterator[html.Html]:
    if earlier:
        yield html.tag("h2", "Earlier ones like it")
        lines = html.tag("pre", "\n".join(render.alike(earlier)), class_="wb-text")
        yield html.tag("div", lines, class_="wb wb-quiet")


def _redacted(incident: Incident, cases: Sequence[Case]) -> tuple[Incident, list[Cleaned]]:
    """All of it, redacted once more."""
    clean = msgspec.convert(redact_value(msgspec.to_builtins(incident)), Incident)
    return clean, [cleaned(case.investigation, case.evidence) for case in cases]


def _facts(incident: Incident) -> dict[str, str]:
    facts = {
        "State": render.standing(incident),
        "Opened": f"{incident.opened_at:%Y-%m-%d %H:%M %Z} by {incident.opened_by}",
        "Closed": _closed(incident),
        "Namespace": incident.namespace,
        "Cause": incident.cause,
        "Fix": incident.fix,
        "Investigations": ", ".join(incident.investigations),
    }
    return {name: said for name, said in facts.items() if said}


def _banner(incident: Incident, now: datetime) -> str:
    return (
        f"Post-mortem of {incident.label}, written {now:%Y-%m-%d %H:%M %Z} from the record. Cause "
        "and fix are what a person said; the cells of the notebook open recorded calls again, with "
        "the package k8s-workbench. Secrets were taken out when it was recorded and once more for "
        "this file."
    )


def _head(incident: Incident, now: datetime) -> str:
    title = f"# {incident.label}: {markdown.plain(incident.title, 300)}"
    table = markdown.facts(_facts(incident).items())
    return "\n\n".join([title, table, f"> {_banner(incident, now)}"])


def _closed(incident: Incident) -> str:
    if incident.closed_at is None:
        return ""
    took = human((incident.closed_at - incident.opened_at).total_seconds())
    return f"{incident.closed_at:%Y-%m-%d %H:%M %Z} by {incident.closed_by}, after {took}"


def _told(incident: Incident, kept: Iterable[Cleaned]) -> list[tuple[datetime, str]]:
    """What changed and broke as far as it is marked, what people did and were told, by time."""
    told = [(incident.opened_at, f"{incident.opened_by} opened {incident.label}")]
    told += [(note.at, f"{note.author}: {note.text}") for note in incident.notes]
    for one in kept:
        told += [*_marked(one, incident.opened_at), *_moments(one.investigation)]
    if incident.closed_at:
        told.append((incident.closed_at, f"{incident.closed_by} closed it: {incident.cause}"))
    return sorted(set(told))


def _marked(one: Cleaned, until: datetime) -> Iterator[tuple[datetime, str]]:
    timeline = chronicle(one.investigation, one.evidence, until)
    marked = (timeline.change, "the change before it broke"), (timeline.first_symptom, "first seen")
    for moment, word in marked:
        if moment:
            by = f" by {moment.by}" if moment.by else ""
            yield moment.at, f"{moment.subject}: {moment.what}{by} ({word})"


def _course(incident: Incident, kept: Iterable[Cleaned]) -> str:
    told = _told(incident, kept)
    rows = [f"| {at:%Y-%m-%d %H:%M:%S} | {_cell(what)} |" for at, what in told]
    return "\n".join(["| time (UTC) | |", "|---|---|", *rows])


def _moments(investigation: Investigation) -> Iterator[tuple[datetime, str]]:
    label = investigation.label
    if investigation.steps:
        yield investigation.steps[0].at, f"{label} asked: {investigation.question}"
    for step in investigation.steps:
        match step:
            case Concluded(conclusion=conclusion):
                yield step.at, f"{label} concluded: {conclusion.verdict}"
            case Failed(reason=reason):
                yield step.at, f"{label} ended: {reason}"
            case Noted(text=said, user=user):
                yield step.at, f"{user}: {said}"
            case ChangeDecided(change=change, approved=approved):
                yield step.at, f"{change} was {'approved' if approved else 'denied'}"
            case ChangeApplied(change=change, summary=summary, failed=failed):
                tried = "may have been made" if step.doubtful else "was not made"
                yield step.at, f"{change} {tried}: {summary}" if failed else f"{change}: {summary}"


def _case(one: Cleaned, now: datetime, limit: int) -> Iterator[Cell]:
    """An investigation: its card, its claims with what they rest on, what people thought."""
    found = one.investigation
    shown = card(found, now)
    yield prose(f"## {found.label}: {markdown.plain(found.question, 300)}")
    yield opened_card(found, shown)
    yield from claims(shown, one.evidence, limit)
    board = hypotheses.board(found.notes)
    if board:
        rows = [
            f"| {h.label} | {h.standing} | {_cell(h.text)} | {', '.join(h.evidence)} |"
            for h in board
        ]
        head = ["### Hypotheses", "", "| | | | evidence |", "|---|---|---|---|"]
        yield prose("\n".join([*head, *rows]))


def _earlier(earlier: Sequence[Similar]) -> Iterator[Cell]:
    if earlier:
        told = markdown.fence("\n".join(render.alike(earlier)))
        yield prose(f"## Earlier ones like it\n\n{told}")


def _register(kept: Iterable[Any]) -> str:
    rows = [
        f"| {one.investigation.label} {row.label} | {_cell(row.tool)} | {row.at:%Y-%m-%d %H:%M:%S} "
        f"| `{row.sha256}` |"
        for one in kept
        for row in one.evidence
    ]
    return "\n".join(["| | tool | time | sha256 |", "|---|---|---|---|", *rows])


def _cell(words: str) -> str:
    """Words in a cell of a Markdown table."""
    return markdown.plain(words, 600)
