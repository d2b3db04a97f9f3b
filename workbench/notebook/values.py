"""The nouns with what a notebook adds to them: how they look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import msgspec

from workbench.core.evidence import Evidence
from workbench.core.investigation import Noted
from workbench.core.references import Reference
from workbench.core.render import changes
from workbench.core.runbook import RunbookRun
from workbench.notebook import display, frames
from workbench.notebook.labels import Label

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


class Recorded(Evidence, frozen=True, kw_only=True):
    """One recorded tool call, opened. ``whose``: the label of its investigation. ``alone``: it was
    asked for without one, so that it says whose it is."""

    whose: str = ""
    alone: bool = False

    @classmethod
    def of(cls, evidence: Evidence, whose: str = "", *, alone: bool = False) -> Recorded:
        fields = {f: getattr(evidence, f) for f in Evidence.__struct_fields__}
        return cls(**fields, whose=whose.upper(), alone=alone)

    @property
    def reference(self) -> str:
        """``INV-12/E3``."""
        return str(Reference(self.whose, self.label))

    def frame(self) -> pd.DataFrame:
        """Its structured result as a DataFrame. Raises ToolFailed when it has none."""
        return frames.table(self.data, self.label)

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        shown = msgspec.structs.replace(self, label=self.reference) if self.alone else self
        return display.evidence(shown, self.whose)

    def __str__(self) -> str:
        return str(self._repr_mimebundle_()["text/plain"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded call and the same call made again. ``evidence`` is the label of the second."""

    before: Recorded
    text: str
    evidence: Label

    @property
    def lines(self) -> tuple[str, ...]:
        """What is different, as the lines of a unified diff; none when nothing is."""
        return changes.changes(self.before.text, self.text)

    @property
    def changed(self) -> bool:
        return bool(self.lines)

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        now = str(Reference(self.evidence.investigation, self.evidence))
        return display.compared(self.before, self.before.reference, now, self.lines)

    def __str__(self) -> str:
        return str(self._repr_mimebundle_()["text/plain"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


class Note(Noted, frozen=True, kw_only=True):
    """A note or a hypothesis as a cell of the incident log. ``investigation`` is where it is
    kept."""

    investigation: str

    @classmethod
    def of(cls, noted: Noted, investigation: str) -> Note:
        fields = {f: getattr(noted, f) for f in Noted.__struct_fields__}
        return cls(**fields, investigation=investigation)

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        return display.note(self, self.investigation)

    def __str__(self) -> str:
        return str(self._repr_mimebundle_()["text/plain"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


class Run(RunbookRun, frozen=True, kw_only=True):
    """One execution of a runbook. ``made``: where the runbook is that this run was the proof of.
    taken: which recorded values are its parameters, in a sentence."""

    made: str = ""
    taken: str = ""

    @classmethod
    def of(cls, run: RunbookRun, made: str = "", taken: str = "") -> Run:
        fields = {f: getattr(run, f) for f in RunbookRun.__struct_fields__}
        return cls(**fields, made=made, taken=taken)

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        return display.run(self, self.made, self.taken)

    def __str__(self) -> str:
        return str(self._repr_mimebundle_()["text/plain"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The files an investigation was written to."""

    notebook: Path
    html: Path

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        from workbench.core.render import html

        files = (str(self.notebook), str(self.html))
        page = html.tag("section", html.files_written(*files), class_="wb wb-quiet")
        return {"text/plain": "\n".join(files), "text/html": str(html.styled(page))}


class Text(str):
    """Text from a cluster, shown as it is rather than quoted; hidden characters are written out.

    evidence: the label of the call it came from. caption: what stands above it.
    """

    evidence: str = ""
    caption: str = ""

    @classmethod
    def of(cls, text: str, evidence: str, caption: str = "") -> Self:
        made = cls(text)
        made.evidence, made.caption = evidence, caption
        return made

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self._repr_mimebundle_()["text/plain"])

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        from workbench.core.characters import bounded, visible
        from workbench.core.render import html, markdown

        shown, title = bounded(self, 200_000), visible(self.caption)
        head = html.tag("header", html.tag("strong", title)) if title else html.NOTHING
        pre = html.tag("pre", shown, class_="wb-text")
        above = f"**{markdown.plain(title)}**\n\n" if title else ""
        return {
            "text/plain": f"{title}:\n{shown}" if title else shown,
            "text/markdown": above + markdown.fence(shown),
            "text/html": str(html.styled(html.tag("section", head, pre, class_="wb wb-quiet"))),
        }


class Conclusion(Text):
    """What something came to, in a sentence or two. ``state`` is the look of its border:
    ``complete`` where all is well, ``partial`` or ``failed``."""

    state: str = "complete"

    @classmethod
    def drawn(cls, words: str, state: str) -> Self:
        made = cls(words)
        made.state = state
        return made

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        from workbench.core.characters import bounded
        from workbench.core.render import html, markdown

        shown = bounded(self, 200_000)
        said = html.tag("p", shown, class_="wb-verdict")
        return {
            "text/plain": shown,
            "text/markdown": markdown.plain(shown),
            "text/html": str(html.styled(html.tag("section", said, class_=f"wb wb-{self.state}"))),
        }
