"""A sweep is one runbook over many items, each a run of its own that any worker may take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

from workbench.core.cluster import Gap
from workbench.core.findings import Finding
from workbench.core.runbook import Gate, RunStatus

LONGEST_DELAY = 300.0
"""Seconds; doubling stops there."""


class End(Enum):
    """How a try can end that may be worth another one.

    LOST: its worker gave no sign of life any more. FAILED: a cell raised or took too long.
    """

    LOST = "lost"
    FAILED = "failed"


ENDS = {"lost": (End.LOST,), "failed": (End.FAILED,), "both": (End.LOST, End.FAILED)}
"""What a person calls the ends that are tried again."""


class ItemStatus(Enum):
    """LOST: its workers were lost, and the policy allows no further try."""

    QUEUED = "queued"
    RUNNING = "running"
    HEALTHY = "healthy"
    FINDINGS = "findings"
    FAILED = "failed"
    LOST = "lost"
    CANCELLED = "cancelled"


OPEN = (ItemStatus.QUEUED, ItemStatus.RUNNING)
OF_RUN = {
    RunStatus.HEALTHY: ItemStatus.HEALTHY,
    RunStatus.FINDINGS: ItemStatus.FINDINGS,
    RunStatus.FAILED: ItemStatus.FAILED,
    RunStatus.INTERRUPTED: ItemStatus.FAILED,
}


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """When an item is tried again: up to ``times`` more, after the ends in ``on``, the first time
    after ``seconds`` and then after twice as long each time."""

    times: int = 2
    on: tuple[End, ...] = (End.LOST,)
    seconds: float = 5.0

    def delay(self, end: End, tries: int) -> float | None:
        """Seconds until the next try after ``tries`` of them; None when there is to be none."""
        if end not in self.on or tries > self.times:
            return None
        return min(self.seconds * 2.0 ** (tries - 1), LONGEST_DELAY)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What one item is run with. context: which cluster, "" for the worker's own."""

    parameters: dict[str, Any]
    context: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep does with each of its items.

    source: SHA-256 (hex) of the runbook notebook, which is kept in the database, so that every
        worker runs the same one.
    over: what the items were made from, as it was given. context: the cluster of items that name
        none, "" for the worker's own.
    person: on whose behalf. seconds: how long a run may take; None for any time.
    approvals: what was signed for its runs, each good for one change.
    """

    runbook: str
    source: str
    over: str
    person: str
    context: str = ""
    retry: Retry = Retry()
    cell_seconds: float = 600.0
    seconds: float | None = None
    approvals: tuple[str, ...] = ()


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep and how far it is. schedule: the name of the one that began it, or ""."""

    id: UUID
    number: int
    plan: Plan
    at: datetime
    cancelled_at: datetime | None = None
    schedule: str = ""
    counts: dict[ItemStatus, int] = {}

    @property
    def label(self) -> str:
        return f"SW-{self.number}"

    @property
    def told(self) -> Sweep:
        """It without what was signed for its runs, which whoever reads a log could use first."""
        kept = msgspec.structs.replace(
            self.plan, approvals=("(signed)",) * len(self.plan.approvals)
        )
        return msgspec.structs.replace(self, plan=kept)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """How many items have not ended."""
        return sum(self.counts.get(status, 0) for status in OPEN)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item: with what it is run, and what became of it.

    number: counted from 1. tries: how often it was begun. worker: who ran it last.
    notebook: SHA-256 (hex) of the executed notebook, or "".
    """

    number: int
    parameters: dict[str, Any]
    context: str
    status: ItemStatus
    tries: int = 0
    worker: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    gates: tuple[Gate, ...] = ()
    gaps: tuple[Gap, ...] = ()
    error: str = ""
    notebook: str = ""

    @property
    def title(self) -> str:
        """What tells it from the others: ``prod namespace=shop``."""
        given = [f"{name}={value}" for name, value in self.parameters.items()]
        return " ".join([self.context, *given] if self.context else given) or f"item {self.number}"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep that begins by itself.

    cron: five fields, or six with seconds last.
    rows: what it runs over; None when ``plan.over`` is looked up anew each time, with ``common``
        parameters.
    """

    name: str
    cron: str
    plan: Plan
    at: datetime
    rows: tuple[Row, ...] | None = None
    common: dict[str, Any] = {}
    last_run: datetime | None = None
    next_run: datetime | None = None


def outcome(counts: Mapping[ItemStatus, int]) -> str:
    """The counts in words, what is open first: ``2 running, 5 healthy``."""
    words = {ItemStatus.FINDINGS: "with findings"}
    told = [f"{counts[s]} {words.get(s, s.value)}" for s in ItemStatus if counts.get(s)]
    return ", ".join(told) or "no items"


def cancelled(sweep: Sweep) -> str:
    """What came of cancelling it; one that had ended is as it was."""
    state = "is cancelled" if sweep.cancelled_at else "had ended before"
    return f"{sweep.label} {state}: {outcome(sweep.counts)}"
