"""Runbooks and their runs as fragments: a list, a form of typed parameters, how far a run is and
what it came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from workbench.chat.elements import button, choice, facts, field, node, rows, when
from workbench.chat.findings import gaps, item
from workbench.chat.screen import Said
from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.render.card import duration
from workbench.core.render.html import NOTHING, Html
from workbench.core.runbook import Gate, Parameter, Run, Runbook, RunStatus

GIVEN = "p."
"""What the names of a form's parameters begin with, so that none is taken for something else."""
COLUMNS = ("Begun (UTC)", "Runbook", "Who", "With", "State", "Took")
CODES_MOST = 6


def listed(books: Iterable[Runbook]) -> Html:
    """All of them, each with what it is for."""
    return node("ul", *map(_entry, books), class_="books")


def opened(book: Runbook, asks: bool) -> Html:
    """One of them: what it is for, and the form that runs it."""
    about = node("p", book.about) if book.about else NOTHING
    more = " …" if book.codes[CODES_MOST:] else "."
    codes = f"Looks for {', '.join(book.codes[:CODES_MOST])}{more}" if book.codes else ""
    run = node("button", "Run", type="submit", class_="main-button")
    fields = [_field(p) for p in book.parameters] or [node("p", "It takes nothing.", class_="dim")]
    able = run if asks else node("p", "Running it takes the role operator.", class_="dim")
    form = node("form", *fields, able, class_="form", data_do="run", data_name=book.name)
    return node(
        "section",
        node("h1", book.title),
        node("p", one_line(book.summary, 500)),
        about,
        node("p", codes, class_="dim") if codes else NOTHING,
        form,
    )


def given(book: Runbook, said: Said) -> dict[str, str]:
    """What was filled in: of fields that were emptied only text, which may well be empty."""
    known = {p.name: p for p in book.parameters}
    sent = {k.removeprefix(GIVEN): v for k, v in said.items() if k.startswith(GIVEN)}
    texts = {name: v.strip() for name, v in sent.items() if isinstance(v, str)}
    return {
        name: value
        for name, value in texts.items()
        if value or (name in known and known[name].type == "str" and known[name].default)
    }


def card(run: Run) -> Html:
    """A run as it is now."""
    running = run.status is RunStatus.RUNNING
    since = str(int(run.started_at.timestamp() * 1000))
    took = node("span", " ", data_since=since) if running else duration(run.seconds * 1000)
    state = node("span", run.status.value, class_=f"state is-{_tone(run.status)}")
    error = node("p", run.error, class_="why") if run.error and not running else NOTHING
    stop = button("Stop", do="stop", class_="second", data_run=str(run.id))
    begun = f"{when(run.started_at)} UTC by {run.user}"
    if run.tries > 1:
        begun += f"; {run.tries} times, because servers it ran in were stopped"
    return node(
        "section",
        node("h2", "Run of ", run.runbook, " ", state),
        facts((("Begun", begun), ("With", _with(run)))),
        node("div", _far(run), took, stop if running else NOTHING, class_="tools"),
        error,
        _cells(run),
        *(() if running else _outcome(run)),
        id="the-run",
    )


def history(runs: Sequence[Run]) -> Html:
    """Earlier ones, newest first."""
    if not runs:
        return node("p", "None yet.", class_="dim")
    return rows(COLUMNS, map(_row, runs), numbers=("Took",))


def _entry(book: Runbook) -> Html:
    name = node(
        "a",
        node("b", book.title),
        node("span", one_line(book.summary, 300)),
        href=f"runbooks?name={quote(book.name)}",
        data_do="book",
        data_name=book.name,
    )
    words = " ".join((book.name, book.title, book.summary, *book.codes)).lower()
    return node("li", name, data_words=words)


def _field(parameter: Parameter) -> Html:
    required = "required" if parameter.required else ""
    name, label = GIVEN + parameter.name, parameter.name + (" *" if required else "")
    default = "" if parameter.default is None else str(parameter.default)
    choices = [str(c) for c in parameter.choices]
    if parameter.type == "bool":
        choices = ["true", "false"]
        default = default.lower()
    if choices:
        offered = choices if default or required else ["", *choices]
        made = choice(name, label, [(c, c) for c in offered], default)
    else:
        number = {"int": ("number", "1"), "float": ("number", "any")}.get(parameter.type, ("", ""))
        known = "namespaces" if parameter.name == "namespace" else ""
        made = field(
            name, label, default, type=number[0], step=number[1], required=required, list=known
        )
    return node("div", made, node("small", parameter.help) if parameter.help else NOTHING)


def _far(run: Run) -> Html:
    if run.status is not RunStatus.RUNNING:
        return NOTHING
    if run.waits:
        return node("span", "Its server is gone: another one begins it again …")
    if not run.cells:
        return node("span", "Starting a kernel …")
    done = node("progress", value=str(run.cell - 1), max=str(run.cells), aria_label="Cells done")
    return node("span", done, f" cell {run.cell} of {run.cells}")


def _cells(run: Run) -> Html:
    """The cells that have begun, by their first lines."""
    last = len(run.begun) - 1
    marks = {RunStatus.RUNNING: "…", RunStatus.FAILED: "✗", RunStatus.INTERRUPTED: "✗"}
    items = (
        node("li", f"{marks.get(run.status, '✓') if n == last else '✓'} ", node("code", line))
        for n, line in enumerate(run.begun)
    )
    made = node("ol", *items, class_="cells")
    if run.status is RunStatus.RUNNING:
        return made
    words = node("summary", counted(len(run.begun), "cell"))
    broke = "open" if run.status in (RunStatus.FAILED, RunStatus.INTERRUPTED) else ""
    return node("details", words, made, class_="fold", open=broke)


def _outcome(run: Run) -> Iterator[Html]:
    notebook = f"api/runs/{run.id}/notebook"
    page = f"{notebook}?format=html"
    reports = (
        node("a", label, href=f"api/investigations/{quote(label)}/report", target="_blank")
        for label in run.investigations
    )
    yield node(
        "div",
        node("a", "Executed notebook", href=page, target="_blank", rel="noopener"),
        node("a", "as .ipynb", href=notebook, download=f"{run.runbook}.ipynb"),
        *reports,
        class_="tools",
    )
    if run.gates:
        yield node("h3", "Gates")
        yield node("ul", *map(_gate, run.gates), class_="gates")
    if run.findings:
        yield node("h3", f"Findings ({len(run.findings)})")
        yield node("ol", *map(item, run.findings), class_="findings")
    elif run.status is RunStatus.HEALTHY:
        yield node("p", "It found nothing wrong.")
    yield from gaps(run.gaps)


def _gate(gate: Gate) -> Html:
    said = " · ".join(part for part in (gate.measured, gate.note) if part)
    tone = "complete" if gate.passed else "failed"
    mark = node("b", "passed" if gate.passed else "not met", class_=f"is-{tone}")
    return node("li", mark, f" {gate.name}", node("span", f" {said}", class_="dim"))


def _row(run: Run) -> Sequence[str]:
    opens = button(when(run.started_at), do="opened", data_run=str(run.id))
    state = node("span", run.status.value, class_=f"is-{_tone(run.status)}")
    took = "" if run.status is RunStatus.RUNNING else duration(run.seconds * 1000)
    return opens, run.runbook, one_line(run.user, 60), _with(run), state, took


def _with(run: Run) -> str:
    return one_line(_pairs(run.parameters), 300)


def _pairs(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in parameters.items())


def _tone(status: RunStatus) -> str:
    tones = {
        RunStatus.RUNNING: "running",
        RunStatus.HEALTHY: "complete",
        RunStatus.FINDINGS: "partial",
        RunStatus.INTERRUPTED: "interrupted",
    }
    return tones.get(status, "failed")
