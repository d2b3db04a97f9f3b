"""Incidents from a notebook: what happened, what it was as a person says, which were like it.

``incident`` is the log of one investigation; an incident may have several of them attached.
"""

from __future__ import annotations

from argparse import Namespace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.incident import Incident, Outcome
from workbench.core.render import html, markdown
from workbench.core.render import incident as render
from workbench.core.terms import Terms
from workbench.errors import UsageError
from workbench.notebook import bridge, display, frames, person
from workbench.notebook.defaults import chosen
from workbench.notebook.forms import INCIDENT_VERBS
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.investigations.incidents import IncidentDesk
    from workbench.investigations.workbench import Workbench

COLUMNS = {
    "id": "text",
    "state": "text",
    "opened": "time",
    "title": "text",
    "cause": "text",
    "investigations": "text",
}
ALIKE = {"id": "text", "score": "float", "title": "text", "cause": "text", "fix": "text"}
ALIKE |= {"why": "text"}


class Opened(Incident, frozen=True, kw_only=True):
    """An incident as it stands."""

    @classmethod
    def of(cls, incident: Incident) -> Opened:
        return cls(**{f: getattr(incident, f) for f in Incident.__struct_fields__})

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        words = "\n".join(render.whole(self))
        border = "quiet" if self.outcome else "awaiting"
        page = html.tag(
            "section", html.tag("pre", words, class_="wb-text"), class_=f"wb wb-{border}"
        )
        facts = {"label": self.label, "value": msgspec.to_builtins(self)}
        return display.bundle(words, markdown.fence(words), html.styled(page), "incident", facts)

    def __str__(self) -> str:
        return "\n".join(render.whole(self))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def told(given: Namespace) -> Any:
    """What ``%k8s incident VERB …`` or ``%k8s incident INC-1`` returns. Raises UsageError."""
    verb, words = given.words[0], given.words[1:]
    match verb, words:
        case "list", []:
            return incidents()
        case "open", [_, *_]:
            namespace = given.namespace or ""
            return open_incident(" ".join(words), namespace=namespace, shared=given.shared)
        case "attach", [which, investigation]:
            return attach(which, investigation)
        case "show", [which]:
            return show_incident(which)
        case "note", [which, _, *_]:
            return note_incident(which, " ".join(words[1:]))
        case "close", [which]:
            wanted = {"cause": given.cause, "fix": given.fix, "outcome": given.outcome}
            return close_incident(which, **wanted)
        case "similar", [which]:
            return similar(which)
        case "report", [which, *folder]:
            return postmortem(which, *folder[:1], model=given.model)
        case _, [] if verb.upper().startswith("INC-"):
            return show_incident(verb)
    if verb in INCIDENT_VERBS:
        raise UsageError(f"%k8s incident {verb} does not go like that.", USAGE)
    near = get_close_matches(verb, INCIDENT_VERBS, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"%k8s incident has no {verb!r}.", f"{hint}{USAGE}")


USAGE = (
    "Like: open TITLE [-n NS], attach INC-1 INV-3, note INC-1 TEXT, show INC-1, similar INC-1, "
    "report INC-1, list, close INC-1 --cause 'the key was renamed' --outcome fixed."
)


def open_incident(title: str, *, namespace: str = "", shared: bool = False) -> Opened:
    """Open an incident; ``shared`` for everybody and not only for you."""
    return _with(lambda desk: desk.open(title, namespace, shared=shared))


def attach(incident: str, investigation: str) -> Opened:
    """Attach an investigation (``INV-3``) to an incident (``INC-1``), which is found by what that
    found."""
    return _with(lambda desk: desk.attach(incident, investigation))


def note_incident(incident: str, text: str) -> Opened:
    """Add a note to an incident."""
    return _with(lambda desk: desk.note(incident, text))


def close_incident(incident: str, *, cause: str, outcome: str, fix: str = "") -> Opened:
    """Close it with what you say it was; from then on later ones may learn from it.

    outcome: ``fixed``, ``mitigated``, ``passed`` or ``unfixed``. Raises UsageError without a cause,
    StoreError when it is closed already, and ToolRefused where nobody sits in front of it.
    """
    known = [o.value for o in Outcome]
    if not (cause.strip() and outcome):
        raise UsageError(
            f"What was the cause of {incident}, and how did it end?",
            f"Say it with --cause and --outcome, which is one of {', '.join(known)}.",
        )
    if outcome not in known:
        near = get_close_matches(outcome, known, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"{outcome!r} is no outcome.", f"{hint}One of {', '.join(known)}.")

    person.needed(f"Saying what {incident} was")

    async def closed(engine: Workbench) -> Incident:
        desk = await _desk(engine)
        return await desk.close(incident, cause=cause, fix=fix, outcome=Outcome(outcome))

    return Opened.of(_bridge().run_here(closed))


def incidents() -> pd.DataFrame:
    """Incidents you can see, newest first, as a DataFrame."""

    async def all(engine: Workbench) -> tuple[Incident, ...]:
        return await (await _desk(engine)).all()

    rows = [
        [i.label, render.standing(i), i.opened_at, i.title, i.cause, ", ".join(i.investigations)]
        for i in _bridge().run_here(all)
    ]
    return frames.frame(COLUMNS, rows)


def similar(incident: str = "", *, investigation: str = "", text: str = "") -> pd.DataFrame:
    """Closed incidents like one (``INC-1``), like what an investigation found, or like a text, and
    why: a DataFrame, likest first."""
    if not (incident or investigation or text):
        raise UsageError("Like what?", "An incident, investigation='INV-3', or text='…'.")
    if incident.upper().startswith("INV-"):
        incident, investigation = "", incident

    async def alike(engine: Workbench) -> list[list[Any]]:
        found = await (await _desk(engine)).similar(
            incident, investigation=investigation, text=text
        )
        return [
            [one.label, s.score, one.title, one.cause, one.fix, "; ".join(s.why)]
            for s in found
            for one in (s.incident,)
        ]

    return frames.frame(ALIKE, _bridge().run_here(alike))


def postmortem(incident: str, folder: str = ".", *, model: str = "", force: bool = False) -> Text:
    """Write the post-mortem of an incident as a notebook, for people to finish; where it is.

    folder: or the file, which may end in ``.html`` or ``.md``.
    model: one that writes it up besides, in sentences that cite the record.
    force: also over a file that somebody wrote or edited. Raises UsageError for such a file without
    and for a provider that is not known, ModelUnavailable when the model gives nothing.
    """

    async def work(engine: Workbench) -> Path:
        from workbench.investigations.narrative import Scribe
        from workbench.investigations.postmortem import postmortem as written

        choice = engine.model_for(Terms(model=model))
        choice.check_provider()
        scribe = Scribe(choice, engine.budget, engine.clock, engine.pseudonymise)
        desk = await _desk(engine)
        terms: Any = {"scribe": scribe if model else None, "force": force}
        (path,) = await written(desk, incident, Path(folder), (), now=engine.clock(), **terms)
        return path

    return Text(_bridge().run_here(work))


def show_incident(which: str) -> Opened:
    """An incident as it stands, by label (``INC-1``)."""
    return _with(lambda desk: desk.load(which))


def _with(work: Any) -> Opened:
    """The incident that work at the desk leaves."""

    async def done(engine: Workbench) -> Incident:
        found: Incident = await work(await _desk(engine))
        return found

    return Opened.of(_bridge().run_here(done))


async def _desk(engine: Workbench) -> IncidentDesk:
    from workbench.investigations.incidents import IncidentDesk

    return await IncidentDesk.of(engine)


def _bridge() -> bridge.Bridge:
    return bridge.shared(chosen("context"), chosen("snapshot"))
