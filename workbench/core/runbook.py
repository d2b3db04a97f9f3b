"""A runbook is a notebook with declared typed parameters; a run is what it found."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

from workbench.core.cluster import Gap
from workbench.core.findings import Finding


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One declared parameter. ``type`` is str, int, float or bool; required without a default.

    choices: the only values it takes; none for any of its type.
    """

    name: str
    type: str = "str"
    default: Any = None
    required: bool = False
    help: str = ""
    choices: tuple[Any, ...] = ()


class Runbook(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook that can be run. ``codes``: the findings it looks into; none for all of them.

    about: what it says before its parameters, as Markdown, without its title.
    again: whether it bears to be begun again when the server it runs in is gone.
    """

    name: str
    title: str
    path: str
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    codes: tuple[str, ...] = ()
    about: str = ""
    again: bool = True


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """One condition a run has to meet: ``error rate below 1 %``.

    evidence: labels of the calls it was judged by; without any, nothing shows why.
    measured: what was compared, as text. note: why it could not be judged, when it could not.
    """

    name: str
    passed: bool
    evidence: tuple[str, ...] = ()
    measured: str = ""
    note: str = ""

    @property
    def told(self) -> str:
        """What it asked for and what was found: ``error rate below 1 %: 3.2 (E4, E5)``."""
        found = self.note or self.measured
        said = f"{self.name}: {found}" if found else self.name
        return f"{said} ({', '.join(self.evidence)})" if self.evidence else said


class RunStatus(Enum):
    RUNNING = "running"
    HEALTHY = "healthy"
    FINDINGS = "findings"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class RunbookRun(msgspec.Struct, frozen=True, kw_only=True):
    """One execution: the output notebook and what its cells displayed.

    gaps: what it could not look at; a run with gaps is healthy only as far as it could see.
    gates: every condition its cells judged, in order; one that is not met makes it FINDINGS.
    """

    runbook: str
    parameters: dict[str, Any]
    status: RunStatus
    output: str
    started_at: datetime
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    investigations: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    gates: tuple[Gate, ...] = ()
    error: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a runbook in the background, as it is now.

    cell, cells: how far it is, counted from 1.
    begun: the first line of each cell that has begun, in order.
    cluster: the one it looks at; "" where that is not known.
    tries, most_tries: how often it was begun, and may be when the servers it runs in are stopped.
    waits: no server has it; one of its cluster begins it again.
    """

    id: UUID
    runbook: str
    user: str
    parameters: dict[str, Any]
    status: RunStatus
    started_at: datetime
    cell: int = 0
    cells: int = 0
    begun: tuple[str, ...] = ()
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    investigations: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    gates: tuple[Gate, ...] = ()
    error: str = ""
    cluster: str = ""
    tries: int = 1
    most_tries: int = 1
    waits: bool = False
