"""A question and its answer as it comes: one fragment per step, then the conclusion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from workbench.chat.elements import button, node, region
from workbench.core.characters import visible
from workbench.core.counted import counted
from workbench.core.investigation import (
    Asked,
    ChangeProposed,
    Concluded,
    Failed,
    Investigation,
    Said,
    Step,
    ToolAnswered,
    ToolCalled,
)
from workbench.core.render import html
from workbench.core.render.card import Line, Mark, card, duration, lines
from workbench.core.render.html import NOTHING, Html
from workbench.investigations.ask import resumable

LIST_MOST = 50
"""Steps in one list: a browser lays out only the lists in sight."""
SAID_MOST = 8_000
"""Characters shown of what a model says between calls."""


class Turn:
    """One investigation within a conversation. A step costs the same however many came before.

    proposed: labels of the changes it proposed, whose cards go into the region ``changes-INV-3``.
    """

    def __init__(self, investigation: Investigation) -> None:
        self.investigation = investigation
        self._steps: list[Step] = []
        self._calls: dict[str, ToolCalled] = {}
        self._answered: set[str] = set()
        self._end: Concluded | Failed | None = None
        self.proposed: list[str] = []
        self.heard = 0
        """Characters of the model's words that are shown and are no step yet."""
        for step in investigation.steps:
            self._note(step)

    @property
    def label(self) -> str:
        return self.investigation.label

    @property
    def count(self) -> int:
        """How many steps it has seen."""
        return len(self._steps)

    @property
    def running(self) -> bool:
        return self._end is None

    def take(self, step: Step) -> tuple[Html, ...]:
        """The next step; what to show of it at the end of the steps."""
        number = len(self._steps)
        self._note(step)
        self.heard = 0
        return self._shown(step, number)

    @property
    def words(self) -> str:
        """The region for the model's words until they are a step."""
        return f"words-{self.label}"

    def hear(self, text: str) -> tuple[Html, ...]:
        """More of the model's words; what to show of them behind those before."""
        shown = text[: max(0, SAID_MOST - self.heard)]
        self.heard += len(text)
        return (node("span", visible(shown)),) if shown else ()

    def article(self) -> Html:
        """All of it as it is now."""
        shown = [
            part for number, step in enumerate(self._steps) for part in self._once(step, number)
        ]
        lists = (node("ol", *part) for part in _parts(shown))
        steps = region(f"steps-{self.label}", *lists, class_="steps", data_most=str(LIST_MOST))
        if not self.running:
            count = len(shown)
            words = node("summary", counted(count, "step"))
            steps = node("details", words, steps, class_="fold")
        return node(
            "article",
            _question(self.investigation, self._steps),
            region(f"end-{self.label}", self.end()),
            region(f"changes-{self.label}"),
            steps,
            region(self.words, class_="said"),
            class_="turn",
            id=f"turn-{self.label}",
            data_inv=self.label,
        )

    def end(self) -> Html:
        """What stands above the steps: that it works, or what it came to."""
        if self.running:
            return _working(self._steps)
        # A change has a card of its own here, which says what became of it.
        steps = tuple(s for s in self._steps if not isinstance(s, ChangeProposed))
        whole = msgspec.structs.replace(self.investigation, steps=steps)
        shown = card(whole, steps[-1].at)  # it has ended, and no time goes by in it
        state = node("span", shown.state.value, class_=f"state is-{shown.state.name.lower()}")
        body = html.investigation(msgspec.structs.replace(shown, lines=()), on_page=True)
        facts = node("div", " · ".join(shown.facts), class_="facts")
        again = button("Go on", do="resume", class_="second") if resumable(whole) else NOTHING
        head = node("div", state, again, class_="stands")
        tools = _tools(self.label)
        return node("div", head, body, facts, tools, region(f"picture-{self.label}"))

    def _note(self, step: Step) -> None:
        self._steps.append(step)
        if isinstance(step, ToolCalled):
            self._calls[step.call_id] = step
        elif isinstance(step, ToolAnswered):
            self._answered.add(step.call_id)
        elif isinstance(step, ChangeProposed):
            self.proposed.append(step.change)
        elif isinstance(step, Concluded | Failed):
            self._end = step
        elif isinstance(step, Asked):
            self._end = None  # it was resumed

    def _once(self, step: Step, number: int) -> tuple[Html, ...]:
        """The same without the line of a call that has its answer among the steps."""
        answered = isinstance(step, ToolCalled) and step.call_id in self._answered
        return () if answered else self._shown(step, number)

    def _shown(self, step: Step, number: int) -> tuple[Html, ...]:
        match step:
            case Said(text=text) if text.strip():
                words = node("div", visible(text[:SAID_MOST]), class_="said")
                return (node("li", words, id=f"step-{self.label}-{number}"),)
            case ToolAnswered(call_id=call) if call in self._calls:
                line = lines((self._calls[call], step))
                return (_line(self.label, call, line[0]),)
            case ToolCalled(call_id=call):
                over = (self._end,) if self._end else ()
                return (_line(self.label, call, lines((step, *over))[0]),)
            case _:
                made = lines((step,))
                return tuple(_line(self.label, str(number), line) for line in made)


def _parts(items: Sequence[Html]) -> Iterator[Sequence[Html]]:
    for start in range(0, len(items), LIST_MOST):
        yield items[start : start + LIST_MOST]


def pending(question: str) -> Html:
    """The question at once, while it is being recorded."""
    words = node("div", node("p", visible(question)), class_="asked")
    live = node("div", node("b", "Asking"), class_="live")
    return node("article", words, live, class_="turn", id="turn-pending")


def _question(investigation: Investigation, steps: Sequence[Step]) -> Html:
    asked = next((s for s in steps if isinstance(s, Asked)), None)
    about = f"{asked.at:%Y-%m-%d %H:%M} UTC · {asked.scope}" if asked else ""
    words = visible(asked.question if asked else investigation.question)
    return node("div", node("p", words, node("span", about)), class_="asked")


def _working(steps: Sequence[Step]) -> Html:
    since = _milliseconds(steps[0].at) if steps else ""
    clock = node("span", " ", data_since=since) if since else NOTHING
    return node("div", node("b", "Looking"), clock, class_="live")


def _tools(label: str) -> Html:
    report = f"api/investigations/{label}/report"
    return node(
        "div",
        button("Timeline", do="picture"),
        node("a", "Report", href=f"{report}?format=html", target="_blank", rel="noopener"),
        node("a", "Notebook", href=f"{report}?format=ipynb", download=f"{label}.ipynb"),
        button("Copy link to report", here="copy", data_link=f"{report}?format=html"),
        button("Copy for a notebook", here="copy", data_text=_cell(label)),
        class_="tools",
    )


def _cell(label: str) -> str:
    """What opens it again in a notebook."""
    return f'import workbench as wb\n\nwb.load("{label}")'


def _line(label: str, key: str, line: Line) -> Html:
    """A step on one line; with evidence it opens."""
    took = "" if line.milliseconds is None else duration(line.milliseconds)
    parts = [
        node("span", line.mark.value, class_="mark", title=line.mark.name.lower()),
        node("span", line.title, class_="name"),
        node("code", line.target) if line.target else NOTHING,
        node("span", line.summary, class_="came") if line.summary else NOTHING,
        node("span", f"{line.evidence} {took}".strip(), class_="took"),
    ]
    state = {Mark.RUNNING: "running", Mark.FAILED: "broken"}.get(line.mark, "")
    name = f"step-{label}-{key}"
    if not line.evidence:
        return node("li", node("div", *parts, class_="line"), class_=state, id=name)
    inside = region(f"{name}-inside", node("span", "Opening …", class_="dim"), class_="inside")
    opens = node(
        "details",
        node("summary", *parts, class_="line"),
        inside,
        data_do="step",
        data_evidence=line.evidence,
        data_to=f"{name}-inside",
    )
    return node("li", opens, class_=state, id=name)


def _milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
