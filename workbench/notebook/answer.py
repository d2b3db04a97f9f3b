"""What asking returns: an investigation that can be opened, tabulated and written to files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from workbench.core.investigation import Investigation
from workbench.core.render.card import card
from workbench.notebook import display, frames, session
from workbench.notebook.labels import Label

if TYPE_CHECKING:
    import pandas as pd

    from workbench.notebook.values import Recorded, Report


class Answer(Investigation, frozen=True, kw_only=True):
    """An investigation as ``%k8s_ask`` and ``wb.ask`` return it.

    shown_in: the number of the cell that has its card on the screen already, so that the cell's
        value is not drawn a second time below it.
    told_in: the number of the cell that has its steps on the screen already.
    recorded: when it was given, of an answer that is shown again instead of asking anew.
    """

    shown_in: int = 0
    told_in: int = 0
    recorded: str = ""

    @classmethod
    def of(
        cls,
        investigation: Investigation,
        *,
        shown_in: int = 0,
        told_in: int = 0,
        recorded: str = "",
    ) -> Answer:
        fields = {f: getattr(investigation, f) for f in Investigation.__struct_fields__}
        return cls(**fields, shown_in=shown_in, told_in=told_in, recorded=recorded)

    @property
    def verdict(self) -> str:
        """What it came to in one sentence, or how it ended without a conclusion."""
        return card(self, _now()).verdict

    @property
    def cited(self) -> tuple[str, ...]:
        """Labels of the evidence it rests on, in the order they came up."""
        from workbench.investigations.report import cited

        return cited(self)

    def frame(self) -> pd.DataFrame:
        """What its newest triage found, as a DataFrame."""
        from workbench.core.diagnosis import Diagnosis
        from workbench.core.investigation import FindingsRaised

        raised = [s for s in self.steps if isinstance(s, FindingsRaised)]
        newest = raised[-1] if raised else FindingsRaised(at=self.steps[0].at, findings=())
        cluster = getattr(self.steps[0], "cluster", "")
        judged = Diagnosis(
            cluster=cluster, now=newest.at, findings=newest.findings, gaps=newest.gaps
        )
        return frames.findings(judged, Label.of(newest.evidence, self.label))

    def evidence(self, label: str) -> Recorded:
        """One recorded call of this investigation, by its label (``E3``)."""
        return cast("Recorded", session.evidence(self.label, label))

    def report(self, folder: str = ".") -> Report:
        """Write it as an executed notebook and a page into ``folder``."""
        return session.report(self, folder)

    def _ipython_display_(self) -> None:
        if not _is_now(self.shown_in):
            raise NotImplementedError  # tells IPython to go on to the representations below

    def _repr_mimebundle_(self, **_: Any) -> display.Bundle:
        return display.investigation(self, _now(), self.recorded, steps=not _is_now(self.told_in))

    def __str__(self) -> str:
        return str(display.investigation(self, _now(), self.recorded)["text/plain"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def _is_now(cell: int) -> bool:
    """Whether it is the cell that runs."""
    running = display.shell()
    return bool(running and cell and cell == running.execution_count)


def _now() -> datetime:
    """When it is looked at, on the clock of its steps."""
    return datetime.now(UTC)
