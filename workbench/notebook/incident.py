"""The incident log: notes and hypotheses, kept with an investigation and read where they are
written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core import hypotheses
from workbench.notebook import bridge, frames
from workbench.notebook.answer import Answer
from workbench.notebook.defaults import chosen, current
from workbench.notebook.labels import latest
from workbench.notebook.values import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.core.investigation import Investigation

BOARD_COLUMNS = {
    "id": "text",
    "standing": "text",
    "hypothesis": "text",
    "evidence": "text",
    "changed": "time",
}


def incident(investigation: str = "") -> Answer:
    """An investigation with its notes. Named, it becomes where notes and new questions belong;
    without a name it is the one that was named last, or this session's own."""
    found = _load(investigation or current.incident)
    if investigation:
        current.incident = found.label
    latest.shown(found)
    return Answer.of(found)


def note(text: str, *, evidence: str | Sequence[str] = (), investigation: str = "") -> Note:
    """Write it down, with the time and who said it.

    evidence: labels it rests on. investigation: where; the incident's, or this session's own.
    """
    return _noted(text, "", _labels(evidence), investigation)


def hypothesis(
    text: str,
    standing: str = hypotheses.OPEN,
    *,
    evidence: str | Sequence[str] = (),
    investigation: str = "",
) -> Note:
    """What it might be. ``hypothesis("H1", "confirmed", evidence="E3")`` says what became of it."""
    if standing != hypotheses.OPEN:
        held = _load(investigation or current.incident)
        text = hypotheses.find(hypotheses.board(held.notes), text).text
    return _noted(text, standing, _labels(evidence), investigation)


def board(investigation: str = "") -> pd.DataFrame:
    """Every hypothesis as it stands, as a DataFrame."""
    held = _load(investigation or current.incident)
    rows = [
        [h.label, h.standing, h.text, ", ".join(h.evidence), h.at]
        for h in hypotheses.board(held.notes)
    ]
    return frames.frame(BOARD_COLUMNS, rows, held.label)


def _noted(text: str, standing: str, evidence: tuple[str, ...], investigation: str) -> Note:
    where = investigation or current.incident
    kept = _bridge().run(
        lambda engine: engine.note(text, where, standing=standing, evidence=evidence)
    )
    return Note.of(kept.notes[-1], kept.label)


def _load(investigation: str) -> Investigation:
    found: Investigation = _bridge().run(lambda engine: engine.load(investigation))
    if investigation:
        return found
    # The session's own is kept in memory as it began; its notes are on record.
    return _bridge().run(lambda engine: engine.load(found.label))


def _bridge() -> bridge.Bridge:
    return bridge.shared(chosen("context"), chosen("snapshot"))


def _labels(evidence: str | Sequence[str]) -> tuple[str, ...]:
    parts = evidence.split(",") if isinstance(evidence, str) else evidence
    return tuple(part.strip().upper() for part in parts if part.strip())
