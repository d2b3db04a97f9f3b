"""Values as notebooks show them: every representation at once, and one output that is updated
while an investigation runs.

The workbench's own type, ``application/vnd.workbench+json``, stands beside text, Markdown and HTML:
``{"kind", "schema", …}`` with kind ``investigation``, ``diagnosis``, ``evidence`` or ``run``.
"""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import msgspec

from workbench.core.characters import visible
from workbench.core.diagnosis import Diagnosis, to_json
from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation, Noted
from workbench.core.render import changes, html, markdown, text
from workbench.core.render.card import Card, Mark, card, elapsed, target
from workbench.core.render.table import table, text_table
from workbench.core.runbook import RunbookRun
from workbench.notebook.labels import whose

if TYPE_CHECKING:
    import pandas as pd

MIME = "application/vnd.workbench+json"
SCHEMA = 1

NOTEBOOK_WIDTH = 120
ROWS = 100
"""Rows of a table that are drawn; the DataFrame has them all."""

# Four a second is as fast as anyone reads, and cheap to draw.
_UPDATE_SECONDS = 0.25

Bundle = dict[str, Any]


def investigation(
    value: Investigation, now: datetime, recorded: str = "", *, steps: bool = True
) -> Bundle:
    """recorded: when an answer was given that is shown again. steps: whether the text ends in them;
    False where a terminal has them above."""
    shown = card(value, now, recorded)
    return bundle(
        text.investigation(shown, min(width(), text.WIDTH), steps=steps),
        markdown.investigation(shown),
        html.styled(html.investigation(shown)),
        "investigation",
        {"label": value.label, "state": shown.state.value, "value": msgspec.to_builtins(value)},
    )


def diagnosis(value: Diagnosis, label: str = "") -> Bundle:
    return bundle(
        text.diagnosis(value, label, min(width(), text.WIDTH), brief=True),
        markdown.diagnosis(value, label),
        html.styled(html.diagnosis(value, label)),
        "diagnosis",
        {"evidence": label, "investigation": whose(label), "value": to_json(value)},
    )


def evidence(value: Evidence, of: str = "", limit: int = text.EVIDENCE_CHARACTERS) -> Bundle:
    """The recorded text is shown up to ``limit`` characters; the JSON holds its address only.
    ``of``: the label of its investigation."""
    facts = {
        "id": str(value.id),
        "investigation": str(value.investigation),
        "label": value.label,
        "tool": value.tool,
        "arguments": value.arguments,
        "outcome": value.outcome.value,
        "at": value.at.isoformat(),
        "sha256": value.sha256,
    }
    return bundle(
        text.evidence(value, limit),
        markdown.evidence(value, limit),
        html.styled(html.evidence(value, limit)),
        "evidence",
        {"investigation": of, "value": facts},
    )


def compared(before: Evidence, was: str, now: str, lines: tuple[str, ...]) -> Bundle:
    """A call made again: what is different from what is on record. ``was`` and ``now`` name both:
    ``INV-3/E2``, ``S-1/E5``."""
    about = f"{before.tool} {target(before.arguments)}".strip()
    head = f"{was} → {now}: {changes.count(lines)} since {before.at:%Y-%m-%d %H:%M:%S %Z}"
    top = html.tag(
        "header",
        html.chip(was),
        html.chip(now),
        " ",
        html.tag("strong", before.tool),
        " ",
        html.tag("code", target(before.arguments)),
    )
    foot = html.tag("footer", head)
    body = changes.html(lines) if lines else html.NOTHING
    page = html.tag("section", top, body, foot, class_=f"wb wb-{'partial' if lines else 'quiet'}")
    return bundle(
        "\n".join(p for p in (head, about, changes.text(lines)) if p),
        "\n\n".join(
            p
            for p in (
                f"{markdown.plain(head)}  \n{markdown.code(about)}",
                changes.as_markdown(lines),
            )
            if p
        ),
        html.styled(page),
        "difference",
        {"before": was, "after": now, "lines": list(lines)},
    )


def note(value: Noted, label: str) -> Bundle:
    """A line of the incident log."""
    foot = html.tag("footer", label)
    page = html.tag("section", html.tag("p", *html.note(value)), foot, class_="wb wb-note")
    return bundle(
        f"{text.note(value)}  ({label})",
        f"{markdown.note(value)} ({label})",
        html.styled(page),
        "note",
        {"investigation": label, "value": msgspec.to_builtins(value)},
    )


def run(value: RunbookRun, made: str = "", taken: str = "") -> Bundle:
    """``made``: the runbook that was written, of a run that proves it. taken: what became a
    parameter of it."""
    head = f"{value.runbook}: {value.status.value} in {elapsed(value.seconds)}"
    notes = [
        head,
        *([f"runbook: {made}"] if made else []),
        *([taken] if taken else []),
        f"notebook: {value.output}",
        *([value.error] if value.error else []),
    ]
    notes += [f"{f.severity.word}: {f.subject}: {f.title}" for f in value.findings]
    body = html.joined((html.run(value), _made(made, taken)))
    return bundle(
        "\n".join(visible(n) for n in notes),
        "  \n".join(markdown.plain(n) for n in notes),
        html.styled(body),
        "run",
        {"value": msgspec.to_builtins(value)},
    )


def _made(path: str, taken: str) -> html.Html:
    if not path:
        return html.NOTHING
    said = html.tag("p", taken) if taken else html.NOTHING
    return html.tag("section", said, html.files_written(path), class_="wb wb-quiet")


def frame(value: pd.DataFrame) -> Bundle:
    """A whole frame of findings as findings, a frame of the workbench as a table that reads well,
    and nothing for any other, which pandas shows as it does."""
    from workbench.notebook import frames

    judged = frames.diagnosis(value)
    if judged is not None:
        return diagnosis(judged, value.attrs.get("evidence", ""))
    ours = value.attrs.get("evidence") or value.attrs.get("drawn")
    if not ours or max(value.index.nlevels, value.columns.nlevels) > 1:
        return {}
    cells = frames.texts(value, ROWS)
    return {
        "text/plain": text_table(**cells, width=width(), first=_first(value)),
        "text/html": str(html.styled(table(**cells))),
    }


FIRST = (
    ("at", "marked", "object", "what"),
    ("last_seen", "reason", "object", "message"),
    ("severity", "kind", "namespace", "name", "message"),
    ("standing", "id", "hypothesis"),
    ("tool", "path", "was", "is"),
    ("where", "passage", "address"),
    ("id", "title", "cause", "why"),
    ("id", "state", "change", "target"),
    ("number", "title", "status", "error"),
    ("id", "runbook", "outcome"),
    ("namespace", "name", "status"),
    ("namespace", "name", "ready"),
)
"""Columns that a narrow screen must have, of the first kind of table that has all of them."""


def _first(value: pd.DataFrame) -> tuple[str, ...]:
    there = set(map(str, value.columns))
    return next((names for names in FIRST if there.issuperset(names)), ())


def width() -> int:
    """Characters in a line: the terminal's, or in a notebook what a cell has room for."""
    running = shell()
    if running is None or getattr(running, "kernel", None):
        return NOTEBOOK_WIDTH
    return get_terminal_size((NOTEBOOK_WIDTH, 24)).columns


def written(value: Any, form: str) -> str:
    """A result as text of the form ``text``, ``markdown`` or ``json``."""
    drawn = frame(value) if hasattr(value, "columns") else value._repr_mimebundle_()
    if MIME not in drawn:
        return str(value.to_json(orient="records", date_format="iso") if form == "json" else value)
    if form == "json":
        return msgspec.json.encode(drawn[MIME]).decode()
    return str(drawn[f"text/{'plain' if form == 'text' else form}"])


class Drawn(NamedTuple):
    """What a screen has of an investigation, not to be shown a second time below it."""

    card: bool
    steps: bool


class Live:
    """One output for one investigation, updated in place while it runs.

    In a kernel it is a display that is replaced; on a terminal, where nothing printed can be taken
    back, each step is printed when it is known and the card at the end.
    """

    def __init__(self, shell: Any, stream: TextIO | None = None) -> None:
        self._screen: _Card | _Terminal = (
            _Card(shell) if getattr(shell, "kernel", None) else _Terminal(shell, stream)
        )
        self._shown_at = 0.0
        self._newest: Investigation | None = None

    def update(self, value: Investigation | None = None) -> None:
        """Something new, or (None) the same with more time gone by."""
        self._newest = value or self._newest
        if self._newest and time.monotonic() - self._shown_at >= _UPDATE_SECONDS:
            self._shown_at = time.monotonic()
            self._screen.running(self._newest)

    def finish(self, value: Investigation, recorded: str = "") -> Drawn:
        """Show how it ended; what of it is on the screen now."""
        return self._screen.ended(value, recorded)


class Blank:
    """In the place of ``Live`` where nothing is to be shown."""

    def update(self, value: Investigation | None = None) -> None:
        """Show nothing."""

    def finish(self, value: Investigation, recorded: str = "") -> Drawn:
        """Show nothing."""
        return Drawn(card=False, steps=False)


class Output:
    """One output of the cell that runs, replaced in place each time it is shown."""

    def __init__(self, shell: Any) -> None:
        self._publish: Callable[..., None] = shell.display_pub.publish
        self._id = ""

    def show(self, bundle: Bundle) -> None:
        """Draw it, or draw it anew."""
        update = bool(self._id)
        self._id = self._id or f"workbench-{time.time_ns():x}"
        self._publish(bundle, {}, transient={"display_id": self._id}, update=update)


class _Card:
    def __init__(self, shell: Any) -> None:
        self._output = Output(shell)

    def running(self, value: Investigation) -> None:
        self._output.show(investigation(value, datetime.now(UTC)))

    def ended(self, value: Investigation, recorded: str) -> Drawn:
        self._output.show(investigation(value, datetime.now(UTC), recorded))
        return Drawn(card=True, steps=True)


class _Terminal:
    """Steps go to standard error when that is a terminal; the card to standard output when an
    interactive shell asked for it."""

    def __init__(self, shell: Any, stream: TextIO | None) -> None:
        self._steps = stream or (sys.stderr if sys.stderr.isatty() else None)
        self._shell = shell
        self._count = 0

    def running(self, value: Investigation) -> None:
        self._write_steps(card(value, datetime.now(UTC)), last=False)

    def ended(self, value: Investigation, recorded: str) -> Drawn:
        shown = card(value, datetime.now(UTC), recorded)
        if not recorded:
            self._write_steps(shown, last=True)
        told = self._steps is not None and self._count > 0
        if self._shell is None or is_displayed(self._shell):
            return Drawn(card=False, steps=told)
        room = min(width(), text.WIDTH)
        sys.stdout.write(text.investigation(shown, room, steps=not told) + "\n")
        return Drawn(card=True, steps=told)

    def _write_steps(self, shown: Card, last: bool) -> None:
        for line in shown.lines[self._count :]:
            if line.mark is Mark.RUNNING and not last:
                break
            self._count += 1
            if self._steps is not None:
                self._steps.write(text.step(line, min(width(), text.WIDTH)) + "\n")


def shell() -> Any:
    """The running IPython shell, or None; never imports IPython."""
    module = sys.modules.get("IPython.core.getipython")
    return module.get_ipython() if module else None


def is_displayed(shell: Any) -> bool:
    """Whether the cell that runs ends in an expression, whose value the shell will show itself."""
    return isinstance(_last(shell), ast.Expr)


def ends_in_magic(shell: Any, name: str) -> str:
    """What stands behind a magic that the cell that runs ends in, whose value nothing keeps; ""
    where it ends in something else."""
    match _last(shell):
        case ast.Expr(
            ast.Call(
                ast.Attribute(attr="run_line_magic" | "run_cell_magic"),
                [ast.Constant(value=called), ast.Constant(value=str(line)), *_],
            )
        ) if called == name:
            return line
    return ""


def _last(shell: Any) -> ast.stmt | None:
    """The last statement of the cell that runs."""
    history = getattr(getattr(shell, "history_manager", None), "input_hist_parsed", None)
    try:
        body = ast.parse(history[-1]).body if history else []
    except SyntaxError:
        return None
    return body[-1] if body else None


def bundle(plain: str, marked: str, page: str, kind: str, facts: dict[str, Any]) -> Bundle:
    """Every representation of one value; ``facts`` go into the workbench's own type."""
    return {
        "text/plain": plain,
        "text/markdown": marked,
        "text/html": str(page),
        MIME: {"kind": kind, "schema": SCHEMA, **facts},
    }
