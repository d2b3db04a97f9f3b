"""What the catalogue says about one finding code."""

from __future__ import annotations

import msgspec

from workbench.core.findings import Severity


class Entry(msgspec.Struct, frozen=True):
    """One code.

    meaning: what it means and why it happens, for a person who has not met it before.
    next_steps: commands and actions with ``{placeholders}``; see report.py for their names.
    explained_by: the edges (see graph.py) along which another fault may be the reason for this
        one. Empty for faults that are their own explanation.
    runbook: slug of the runbook that goes deeper, or "".
    """

    title: str
    severity: Severity = Severity.ERROR
    meaning: str = ""
    next_steps: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    runbook: str = ""
