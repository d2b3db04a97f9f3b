"""Incidents opened, closed by a person, and remembered: what an earlier one teaches, and whether
that holds today."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from workbench.core.difference import Comparison, Difference
from workbench.core.evidence import Evidence
from workbench.core.incident import Incident, Outcome, Similar, features, similar
from workbench.core.investigation import Investigation, Step
from workbench.core.knowledge import Document, Piece, Type
from workbench.core.redaction import redact_text
from workbench.errors import NotRecorded, UsageError, WorkbenchError
from workbench.investigations.ask import append

if TYPE_CHECKING:
    from workbench.investigations.workbench import Workbench
    from workbench.store.database import Store

DECISIVE = 4
"""Calls of an old investigation that are made again."""

Rerun = Callable[[str], Awaitable[Comparison]]
"""Makes a recorded call (``INV-3/E12``) again."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A call that decided an old case, and what the same call answers now.

    differences: none when the answer is the same. problem: why it could not be asked.
    """

    reference: str
    differences: tuple[Difference, ...] = ()
    problem: str = ""

    @property
    def holds(self) -> bool:
        return not self.problem and not any(d.changes or d.problem for d in self.differences)


class IncidentDesk:
    """What a person does with incidents, on behalf of ``user``. everybodys: they may open what is
    somebody else's too, as an administrator."""

    def __init__(
        self, store: Store, user: UUID, name: str, clock: Callable[[], datetime],
        new_id: Callable[[], UUID], *, everybodys: bool = False,
    ) -> None:  # fmt: skip
        self._store = store
        self._user = user
        self._sees = None if everybodys else user
        self._name = name
        self._clock = clock
        self._new_id = new_id

    @classmethod
    async def of(cls, bench: Workbench) -> IncidentDesk:
        """On behalf of whom the workbench acts for."""
        who = await bench.person()
        return cls(bench.store, who.id, bench.user, bench.clock, bench.new_id)

    async def open(self, title: str, namespace: str = "", *, shared: bool = False) -> Incident:
        if not title.strip():
            raise UsageError("An incident needs a title.", 'Like: "checkout is down".')
        values = (self._new_id(), redact_text(title), self._name, self._clock())
        return await self._store.incidents.open(
            *values, user=self._user, shared=shared, namespace=namespace
        )

    async def load(self, which: str) -> Incident:
        return await self._store.incidents.load(which, self._sees)

    async def all(self) -> tuple[Incident, ...]:
        return await self._store.incidents.seen_by(self._sees)

    async def attach(self, which: str, investigation: str) -> Incident:
        """Attach an investigation of this person's; what its conclusion rests
        on becomes what the incident is found by."""
        found = await self._investigation(investigation)
        incident = await self.load(which)
        told = features(found.findings, found.conclusion)
        await self._store.incidents.attach(incident, found.id, told, self._clock())
        return await self.load(which)

    async def note(self, which: str, text: str) -> Incident:
        incident = await self.load(which)
        values = (self._name, redact_text(text), self._clock())
        await self._store.incidents.note(self._new_id(), incident, *values)
        return await self.load(which)

    async def close(self, which: str, *, cause: str, fix: str, outcome: Outcome) -> Incident:
        """Close it with what a person says it was; from then on it can be found as knowledge.

        Raises UsageError without a cause, Conflict when it is closed already.
        """
        if not cause.strip():
            raise UsageError("What was the cause?", "Say it with --cause; “unknown” is an answer.")
        incident = await self.load(which)
        await self._store.incidents.close(
            incident, self._name, self._clock(), cause=redact_text(cause), fix=redact_text(fix),
            outcome=outcome,
        )  # fmt: skip
        closed = await self.load(which)
        document = as_document(closed, self._new_id())
        await self._store.passages.settle(await self._store.passages.put([document], closed.owner))
        return closed

    async def similar(
        self, which: str = "", *, investigation: str = "", text: str = ""
    ) -> tuple[Similar, ...]:
        """Closed incidents like one, like what an investigation found, or like a text."""
        words, found, self_number = text, tuple[str, ...](), 0
        if which:
            one = await self.load(which)
            words, found, self_number = f"{words}\n{one.text}", one.features, one.number
        if investigation:
            other = await self._investigation(investigation)
            told = features(other.findings, other.conclusion)
            words, found = f"{words}\n{other.question}", (*found, *told)
        earlier = await self._store.incidents.seen_by(self._sees, closed=True)
        return similar(words, found, [e for e in earlier if e.number != self_number])

    async def cases(self, incident: Incident) -> list[tuple[Investigation, Sequence[Evidence]]]:
        """Its investigations with their recorded calls; those of other people are left out."""
        found: list[tuple[Investigation, Sequence[Evidence]]] = []
        for label in incident.investigations:
            try:
                one = await self._investigation(label)
            except NotRecorded:
                continue
            found.append((one, await self._store.record.evidences(one.id)))
        return found

    async def keep(self, investigation: Investigation, steps: Sequence[Step]) -> None:
        """Append steps to an investigation of the incident."""
        for step in steps:
            investigation = await append(investigation, step, self._store.investigations)

    async def still_holds(self, incident: Incident, rerun: Rerun) -> tuple[Checked, ...]:
        """Whether what decided an old case is so today: the calls that its conclusions cite first,
        made again."""
        checked = []
        for reference in await self._decisive(incident):
            try:
                again = await rerun(reference)
            except WorkbenchError as error:
                checked.append(Checked(reference=reference, problem=error.message))
            else:
                checked.append(Checked(reference=reference, differences=again.differences))
        return tuple(checked)

    async def _decisive(self, incident: Incident) -> list[str]:
        cited: dict[str, None] = {}
        for label in incident.investigations:
            try:
                found = await self._investigation(label)
            except NotRecorded:  # of an incident that somebody else shared
                continue
            claims = found.conclusion.claims if found.conclusion else ()
            cited.update((f"{label}/{e}", None) for claim in claims for e in claim.evidence)
        return list(cited)[:DECISIVE]

    async def _investigation(self, label: str) -> Investigation:
        return await self._store.investigations.load(label, self._sees)


def as_document(incident: Incident, id: UUID) -> Document:
    """A closed incident as it is searched: what a person said, and nothing a model concluded.
    It is about the codes of its causes, not about each symptom they share with others."""
    assert incident.outcome is not None  # noqa: S101  # only closed ones get here
    assert incident.closed_at is not None  # noqa: S101
    named = [f.partition(":") for f in incident.features]
    codes = tuple(what for kind, _, what in named if kind == "code")
    causes = tuple(what for kind, _, what in named if kind == "root")
    seen = [what for kind, _, what in named if kind in ("object", "log")]
    told = {
        "Cause": incident.cause,
        "Fix": incident.fix,
        "Outcome": f"{incident.outcome.value}, as {incident.closed_by} said",
        "Seen": "; ".join(seen),
        "Codes": ", ".join(codes),
        "Notes": "\n".join(n.text for n in incident.notes),
    }
    text = "\n\n".join(f"{name}: {said}" for name, said in told.items() if said)
    return Document(
        id=id,
        source=f"incident:{incident.label}",
        title=f"{incident.label}: {incident.title}",
        type=Type.INCIDENT,
        pieces=(Piece(text=text, heading=f"{incident.label}: {incident.title}"),),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        at=incident.closed_at,
        owner=incident.owner,
        namespace=incident.namespace,
        codes=causes or codes,
    )
