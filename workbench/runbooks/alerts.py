"""Alerts in: redacted, kept, and each given the runbook that takes the first look at it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from workbench.core.alert import USUAL, Alert, AlertRule, AlertStatus, AlertTerms, Look, looks
from workbench.core.characters import bounded
from workbench.core.findings import Finding
from workbench.core.notice import ranked, verdict
from workbench.core.redaction import Redactor
from workbench.core.runbook import Runbook
from workbench.core.sweep import ItemStatus, Plan
from workbench.errors import ParameterError, RunbookError, RunbookUnknown, SettingsError
from workbench.runbooks.catalogue import catalogue, find
from workbench.runbooks.parameters import check
from workbench.store.alerts import Kept, Wanted

if TYPE_CHECKING:
    from workbench.store.alerts import Taken
    from workbench.store.database import Store

OVER = "alerts"
"""What the sweeps say that hold the runs of alerts."""
RUN_SECONDS = 1_800.0
LONGEST_WORDS = 2_000
"""Characters of one label or annotation that are kept."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What became of alerts that were told together.

    told: how many; new: not known before; resolved: of which nothing is looked into.
    counted: known, and looked into within the window. runs: begun for them (``SW-3/1``);
    shared: runs begun before, for others. without_look: for which nothing could be run.
    worker: whether one is alive to run them; note: what to do where none is.
    """

    told: int
    new: int
    resolved: int
    counted: int
    runs: tuple[str, ...]
    shared: tuple[str, ...]
    without_look: int
    worker: bool
    note: str


class ToldAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and the look at it.

    told: how often. run: what looks into it (``SW-3/1``), "" for nothing; look: how that is doing.
    verdict: what it came to, in a sentence or two. reason: why it had another runbook than its rule
    says, or none. messages: by target ``sent``, ``waits``, or why it could not be told.
    """

    key: str
    name: str
    status: AlertStatus
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime | None
    told: int
    first_told: datetime
    last_told: datetime
    told_by: str
    run: str
    runbook: str
    parameters: dict[str, Any]
    look: ItemStatus | None
    verdict: str
    findings: tuple[Finding, ...]
    reason: str
    messages: dict[str, str]


class Intake:
    """Takes alerts in over a store.

    runbook_dirs: folders with runbooks besides the bundled ones.
    redactor: for labels and annotations, before anything is kept or run.
    """

    def __init__(
        self,
        store: Store,
        terms: AlertTerms,
        runbook_dirs: Sequence[Path],
        redactor: Redactor,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._store = store
        self._terms = terms
        self._dirs = tuple(runbook_dirs)
        self._redactor = redactor
        self._clock, self._new_id = clock, new_id
        self._one_at_a_time = asyncio.Lock()  # the database's own lock would hold a connection

    async def take(self, alerts: Sequence[Alert], person: str) -> Received:
        """Keep them on behalf of somebody, and queue the looks they need. Of one that comes several
        times the last word counts. Nothing is lost for a runbook that does not fit: the reason is
        kept with the alert. Raises StoreError."""
        told = list({(a.key, a.since): a for a in map(self._clean, alerts)}.values())
        wanted = await self._wanted(looks(told, self._terms.every_rule), person)
        async with self._one_at_a_time:
            taken = await self._store.alerts.take(
                told,
                wanted,
                at=self._clock(),
                window=timedelta(seconds=self._terms.window_seconds),
                by=person,
                new_id=self._new_id,
            )
        alive = await self._store.alerts.worker_alive()
        return _received(taken, alive)

    def _clean(self, alert: Alert) -> Alert:
        """The same alert, of the same key, as it may be kept."""
        return msgspec.structs.replace(
            alert,
            labels=self._words(alert.labels),
            annotations=self._words(alert.annotations),
            fingerprint=alert.key,
        )

    def _words(self, words: dict[str, str]) -> dict[str, str]:
        clean: dict[str, Any] = self._redactor.value(words)
        return {name: bounded(str(said), LONGEST_WORDS) for name, said in clean.items()}

    async def _wanted(self, asked: Sequence[Look], person: str) -> list[Wanted]:
        """Each with a plan that fits; those that come to the same one together."""
        books = await asyncio.to_thread(self._books)
        plans: dict[str, Plan] = {}
        found: dict[tuple[str, str, str], Wanted] = {}
        for look in asked:
            book, parameters, reason = fitting(look, books)
            if book is not None and book.name not in plans:
                plans[book.name] = await self._plan(book, person)
            plan = plans[book.name] if book else None
            wanted = Wanted(alerts=look.alerts, plan=plan, parameters=parameters, reason=reason)
            same = (book.name if book else "", repr(sorted(parameters.items())), reason)
            if before := found.get(same):
                wanted = msgspec.structs.replace(wanted, alerts=before.alerts + look.alerts)
            found[same] = wanted
        return list(found.values())

    def _books(self) -> dict[str, Runbook]:
        """By name, as rules give it: those there are, and files."""
        books = {book.name: book for book in catalogue(self._dirs).runbooks}
        for rule in self._terms.rules:
            if rule.runbook.endswith(".ipynb"):
                with contextlib.suppress(RunbookError):  # its alerts get another
                    books[rule.runbook] = find(rule.runbook)
        return books

    async def _plan(self, book: Runbook, person: str) -> Plan:
        text = await asyncio.to_thread(Path(book.path).read_text, "utf-8")
        source = await self._store.notebooks.keep(text)
        return Plan(runbook=book.name, source=source, over=OVER, person=person, seconds=RUN_SECONDS)


def fitting(look: Look, books: Mapping[str, Runbook]) -> tuple[Runbook | None, dict[str, Any], str]:
    """The runbook of a look and its parameters; where they do not fit, the one that takes every
    alert, or none; and why."""
    reason = ""
    for one in (look, _first_response(look)):
        book = books.get(one.runbook)
        try:
            if book is None:
                raise RunbookUnknown(f"No runbook is called {one.runbook!r}.")
            return book, check(book, one.parameters), reason
        except RunbookError as error:
            reason = " ".join(filter(None, (reason, error.message)))
    return None, {}, reason


def _first_response(look: Look) -> Look:
    (found,) = looks(look.alerts[:1], USUAL[-1:])
    return found


def check_rules(rules: Sequence[AlertRule], dirs: Sequence[Path]) -> None:
    """Raises SettingsError for the first rule whose runbook there is not, or does not take what
    the rule gives."""
    for number, rule in enumerate(rules, 1):
        try:
            taken = {parameter.name for parameter in find(rule.runbook, dirs).parameters}
            if unknown := sorted(set(rule.parameters) - taken):
                raise ParameterError(f"Runbook {rule.runbook} has no parameter {unknown[0]!r}.")
        except RunbookError as error:
            raise SettingsError(
                f"The alerts are not usable: rule {number}: {error.message}",
                error.hint or f"workbench run --show {rule.runbook} says what it takes.",
            ) from error


def _received(taken: Taken, alive: bool) -> Received:
    waits = bool(taken.runs or taken.shared) and not alive
    return Received(
        told=taken.told,
        new=taken.new,
        resolved=taken.resolved,
        counted=taken.counted,
        runs=taken.runs,
        shared=taken.shared,
        without_look=taken.without_look,
        worker=alive,
        note="No worker is alive: the runs wait for a `workbench worker`." if waits else "",
    )


def shown(kept: Kept) -> ToldAlert:
    """An alert as it is told of here and on the command line."""
    look = kept.look
    return ToldAlert(
        key=kept.alert.key,
        name=kept.alert.name,
        status=kept.alert.status,
        labels=kept.alert.labels,
        annotations=kept.alert.annotations,
        starts_at=kept.alert.starts_at,
        told=kept.told,
        first_told=kept.first_told,
        last_told=kept.last_told,
        told_by=kept.told_by,
        run=look.run if look else "",
        runbook=look.runbook if look else "",
        parameters=look.item.parameters if look else {},
        look=look.item.status if look else None,
        verdict=verdict(look.item) if look else "",
        findings=tuple(ranked(look.item.findings)) if look else (),
        reason=kept.reason,
        messages=kept.messages,
    )
