"""Controls to click, where somebody sits in front of a notebook that can draw them.

They do what a magic does and nothing besides it: a click may not arrive while a cell runs, a saved
notebook has none, and nbclient, papermill and terminals never see one. ipywidgets is imported
with the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.core.hypotheses import OPEN, STANDINGS
from workbench.core.render import html
from workbench.errors import WorkbenchError
from workbench.notebook import choosing, display, incident, person
from workbench.notebook.defaults import ALL
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.notebook.choosing import Choices

WRAPPED = {"flex_flow": "row wrap", "align_items": "center"}
WORDS = {"flex": "1 1 20rem", "min_width": "14rem"}
LABELS = {"width": "7rem"}
INSTEAD = "(Controls to click stood here while the kernel ran.)"


def possible() -> bool:
    """Whether somebody in front of a notebook could click: a person could answer, and ipywidgets
    is installed."""
    from importlib.util import find_spec

    if not getattr(display.shell(), "kernel", None) or not person.there():
        return False
    return find_spec("ipywidgets") is not None


def wanted(subcommand: str) -> bool:
    """Whether what ``%k8s`` and that word have to say is better clicked than read: it is possible,
    and the cell ends in them and keeps nothing."""
    said = display.ends_in_magic(display.shell(), "k8s").split()
    return said[:1] == [subcommand] and possible()


def picker(choices: Choices) -> None:
    """Draw a list each for context, namespace and time, and below them what is looked at, which
    changes with every choice."""
    _Picker().draw(choices)


def board(hypotheses: pd.DataFrame) -> None:
    """Draw every hypothesis with buttons for what became of it, and a line for a new one; below
    them the table, which changes with every click."""
    _Board(str(hypotheses.attrs["evidence"])).draw(hypotheses)


class _Controls:
    """Controls above an output that stays when they are gone.

    What they are set to by ``draw`` is no click.
    """

    def __init__(self, *children: Any) -> None:
        self._said = _widgets().HTML()
        shell = display.shell()
        box = _widgets().VBox([*children, self._said])
        bundle, metadata = shell.display_formatter.format(box)
        shell.display_pub.publish({**bundle, "text/plain": INSTEAD}, metadata)
        self._below = display.Output(shell)
        self._drawing = False

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        self._drawing = True
        try:
            yield
        finally:
            self._drawing = False

    def _try(self, work: Callable[[], None]) -> bool:
        """Do what a click asks for; why it could not be done is said beside the controls."""
        try:
            self._say("")
            work()
        except WorkbenchError as error:
            self._say(" ".join(filter(None, (error.message, error.hint))))
            return False
        return True

    def _say(self, words: str) -> None:
        self._said.value = str(html.tag("em", words)) if words else ""


class _Picker(_Controls):
    def __init__(self) -> None:
        self._box = _widgets().HBox(layout=WRAPPED)
        self._lists: dict[str, Any] = {}
        super().__init__(self._box)

    def draw(self, now: Choices) -> None:
        with self._quietly():
            for what, value, there in now.rows:
                made = self._lists.get(what) or self._list(what)
                made.options = [(choosing.named(what, one), one) for one in there]
                made.value = value if value in there else None
        self._box.children = tuple(self._lists.values())
        self._say(f"Not listed: {now.unknown}" if now.unknown else "")
        self._below.show(Text(choosing.looked_at(now))._repr_mimebundle_())

    def _list(self, what: str) -> Any:
        made = _widgets().Dropdown(description=what)
        made.observe(lambda change: self._picked(what, change["new"]), names="value")
        self._lists[what] = made
        return made

    def _picked(self, what: str, value: str | None) -> None:
        if self._drawing or value is None:
            return
        if what == "context":
            chosen = {"context": value, "namespace": ALL}  # the other's mean nothing there
        else:
            chosen = {what: value or (ALL if what == "namespace" else "")}
        if self._try(lambda: choosing.use(**chosen)):
            self.draw(choosing.choices())


class _Board(_Controls):
    def __init__(self, where: str) -> None:
        self._where = where
        self._rows = _widgets().VBox()
        self._standings: dict[str, Any] = {}
        super().__init__(self._rows, self._new())

    def draw(self, now: pd.DataFrame) -> None:
        with self._quietly():
            one: Any
            for one in now.itertuples(index=False):
                if one.id not in self._standings:
                    self._rows.children = (*self._rows.children, self._row(one))
                self._standings[one.id].value = one.standing
        self._below.show(display.frame(now))

    def _row(self, one: Any) -> Any:
        rests = _labels()
        buttons = _widgets().ToggleButtons(options=STANDINGS, style={"button_width": "6rem"})
        self._standings[one.id] = buttons

        def clicked(change: Any) -> None:
            standing = change["new"]
            which = one.hypothesis if standing == OPEN else one.id
            if not self._drawing and not self._noted(which, standing, rests):
                with self._quietly():
                    buttons.value = change["old"]

        buttons.observe(clicked, names="value")
        words = html.joined((html.tag("strong", one.id), f" {one.hypothesis}"))
        return _widgets().HBox(
            [_widgets().HTML(words, layout=WORDS), rests, buttons], layout=WRAPPED
        )

    def _new(self) -> Any:
        text = _widgets().Text(placeholder="What might it be?", layout=WORDS)
        rests = _labels()
        button = _widgets().Button(description="Add", layout={"width": "6rem"})

        def clicked(_: Any) -> None:
            if text.value.strip() and self._noted(text.value.strip(), OPEN, rests):
                text.value = ""

        button.on_click(clicked)
        return _widgets().HBox([text, rests, button], layout=WRAPPED)

    def _noted(self, which: str, standing: str, rests: Any) -> bool:
        def work() -> None:
            incident.hypothesis(which, standing, evidence=rests.value, investigation=self._where)
            rests.value = ""
            self.draw(incident.board(self._where))

        return self._try(work)


def _labels() -> Any:
    return _widgets().Text(placeholder="E3, E4", layout=LABELS)


def _widgets() -> Any:
    import ipywidgets

    return ipywidgets
