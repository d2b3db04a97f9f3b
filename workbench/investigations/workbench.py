"""The workbench as every surface sees it: ask, diagnose, call a tool, open evidence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec.structs import replace as changed

from workbench.core.change import Applied, Approval, ProposedChange
from workbench.core.cluster import Scope
from workbench.core.difference import Comparison
from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation, Noted, Step
from workbench.core.question import askable
from workbench.core.redaction import redact_text
from workbench.core.references import Reference, parse
from workbench.core.runbook import Runbook
from workbench.core.terms import AS_SET, Terms
from workbench.errors import Conflict, NotRecorded, StoreError, UsageError
from workbench.investigations import changes
from workbench.investigations.archive import Archive
from workbench.investigations.ask import append, resumable
from workbench.investigations.desk import Desk
from workbench.investigations.diff import since
from workbench.investigations.earlier import earlier
from workbench.investigations.fork import fork
from workbench.investigations.inquiry import assemble, inquire
from workbench.investigations.plan import plan
from workbench.investigations.rerun import rerun
from workbench.investigations.reuse import oldest, reusable
from workbench.mcp.limited import Limited
from workbench.mcp.replayed import Replayed
from workbench.store.beginnings import Beginning

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from workbench.store.approvals import Known


@dataclass
class Workbench(Desk):
    """One open workbench. Make one with ``workbench.bootstrap.open_workbench``."""

    async def ask(
        self,
        question: str,
        scope: Scope,
        *,
        model: str = "",
        terms: Terms = AS_SET,
        conversation: UUID | None = None,
        id: UUID | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> AsyncGenerator[tuple[Investigation, Step]]:
        """Investigate; yields the investigation so far with each new step, already recorded.

        model: the same as ``terms.model``, which wins.
        conversation: one of this user's to go on in, with what was found there; a new one without.
        id: of the investigation, made by the caller; see ``asked``.
        on_text: gets the words of the model as they come, before they are a step.
        Raises NotRecorded for a conversation or an id that is somebody else's, Conflict for an id
        that there is already, StoreUnavailable when nothing
        could be recorded, UsageError for terms that name what is not there and for a question that
        is empty or too long: then nothing ran.
        """
        question = redact_text(askable(question))  # people paste what they see
        terms = changed(terms, model=terms.model or model)
        crew = await assemble(self, terms)
        await self.check_quota()
        key = self._key(question, scope, terms)
        before = await earlier(self.store.investigations, conversation)
        made, holder = await self.begin(question, scope, conversation, id)
        with self.tables.given(made.id, terms.tables) if self.tables else nullcontext():
            steps = inquire(self, made, crew, terms, key, before, on_text, holder=holder)
            async with aclosing(steps) as every:
                async for item in every:
                    yield item

    async def resume(
        self,
        reference: str,
        *,
        model: str = "",
        on_text: Callable[[str], None] | None = None,
    ) -> AsyncGenerator[tuple[Investigation, Step]]:
        """Take up an investigation that ended without a conclusion, or was cut short by its
        budget (which it gets anew), in the same record.

        Calls that were answered are answered from the record and not made again; a call that may
        have changed something and whose outcome is unknown is not made again either.
        """
        found = await self.load(reference)
        if not resumable(found):
            raise UsageError(
                f"{found.label} is complete.", f"See `workbench investigations show {found.label}`."
            )
        await self.check_quota(new=False)
        await self.tools.settled()  # it may have been stopped here, a moment ago
        evidence = await self.store.record.evidences(found.id)
        tools = Limited(Replayed(evidence, await self.tools.list(), live=self.tools))
        terms = Terms(model=model, agent=found.agent)
        crew = await assemble(self, terms, tools)
        async with aclosing(inquire(self, found, crew, terms, on_text=on_text)) as steps:
            async for item in steps:
                yield item

    async def fork(
        self,
        reference: str,
        *,
        after: str = "",
        question: str = "",
        terms: Terms = AS_SET,
        on_text: Callable[[str], None] | None = None,
    ) -> AsyncGenerator[tuple[Investigation, Step]]:
        """Go on from a step of an investigation in a new one; see investigations/fork.py."""
        steps = fork(self, reference, after=after, question=question, terms=terms, on_text=on_text)
        async with aclosing(steps) as every:
            async for item in every:
                yield item

    async def answered(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> Investigation | None:
        """The recorded answer to the very same question about the same cluster, or None.

        seconds: how old it may be; None for any age.
        """
        await self.identify()
        question = redact_text(question)
        person = (await self.person()).id
        asked = await self.store.investigations.asking(question, scope, user=person)
        key = self._key(question, scope, terms)
        return reusable(asked, key, oldest(self.clock(), seconds))

    async def plan(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> str:
        """What asking would do, in words; see investigations/plan.py."""
        tools = await self.tools_for(terms)
        found = await self.answered(question, scope, terms, seconds) if seconds != 0 else None
        return plan(self, question, scope, terms, await tools.list(), found)

    async def recent(self, limit: int = 20) -> Sequence[Investigation]:
        """This person's newest investigations, with the calls made by hand among them."""
        return await self.store.investigations.recent(limit, user=(await self.person()).id)

    async def note(
        self,
        text: str,
        investigation: str = "",
        *,
        standing: str = "",
        evidence: Sequence[str] = (),
    ) -> Investigation:
        """Write a note into an investigation ("" for this session's own) and return it.

        standing: makes it a hypothesis that is ``open``, ``confirmed`` or ``refuted``.
        """
        noted = Noted(
            at=self.clock(),
            text=redact_text(text),
            user=self.user,
            standing=standing,
            evidence=tuple(evidence),
        )
        found = await self.load((await self.load(investigation)).label)
        return await append(found, noted, self.store.investigations)

    async def propose(self, tool: str, arguments: dict[str, Any], why: str = "") -> ProposedChange:
        """Try a change (``scale``, ``rollout_undo`` …) and keep it for a person to decide about;
        see investigations/changes.py for this and the next."""
        return await changes.propose(self, tool, arguments, why)

    async def approve(
        self,
        change: str,
        *,
        digest: str = "",
        wait: float = 0.0,
        reason: str = "",
        attended: bool = True,
    ) -> Applied:
        """Approve ``C-7`` and make it, exactly as it was shown, once."""
        return await changes.approve(
            self, change, digest=digest, wait=wait, reason=reason, attended=attended
        )

    async def sign(
        self,
        change: str,
        key: Ed25519PrivateKey,
        approvers: Mapping[str, str],
        book: Runbook,
        *,
        digest: str = "",
        lifetime: timedelta,
        reason: str = "",
    ) -> tuple[str, Approval]:
        """Approve ``C-7`` ahead of one run of a runbook: the document to hand to it."""
        return await changes.sign(
            self, change, key, approvers, book, digest=digest, lifetime=lifetime, reason=reason
        )

    async def deny(self, change: str, *, reason: str = "") -> ProposedChange:
        """Deny ``C-7``; it can never be made."""
        return await changes.deny(self, change, reason=reason)

    async def change(self, which: str) -> Known:
        """A proposed change and the decision about it. Raises StoreError."""
        return await self.store.changes.load(which)

    async def changes(self, limit: int = 20) -> tuple[Known, ...]:
        """The newest proposed changes, each with the decision about it."""
        return await self.store.changes.recent(limit)

    async def evidence(self, investigation: str, label: str) -> Evidence:
        """One recorded call: ``evidence("INV-12", "E3")``. Raises StoreError when there is none."""
        found = await self.load(investigation)
        return await self.store.record.evidence(found.id, label)

    async def evidences(self, investigation: str) -> Sequence[Evidence]:
        """Every recorded call of an investigation, oldest first."""
        found = await self.load(investigation)
        return await self.store.record.evidences(found.id)

    async def rerun(self, reference: str) -> Comparison:
        """Make a recorded call (``INV-3/E12``), or every reading call of an investigation
        (``INV-3``), again on this workbench's cluster; what changed since.

        The new calls are recorded under this session. Raises UsageError when there is nothing to
        make again, StoreError when there is no such thing.
        """
        label, rows = await self._archive.recorded(await self._named(reference))
        session = await self.session()

        async def read(new: str) -> Evidence:
            await self.tools.settled()
            return await self.store.record.evidence(session.id, new)

        again = await rerun(rows, self.tools, self.context(session.id), read)
        return since((label, rows), again, session.label, self.cluster)

    async def diff(self, before: str, after: str) -> Comparison:
        """What changed from one recorded call to another (``INV-3/E12``, ``E31``), or from one
        investigation to another. Nothing is called."""
        return await self._archive.diff(str(await self._named(before)), after)

    async def _named(self, reference: str) -> Reference:
        """A call named without its investigation is one of this session."""
        named = parse(reference)
        return named if named.investigation else named.within((await self.load("")).label)

    @property
    def _archive(self) -> Archive:
        return Archive(self.store)

    def _key(self, question: str, scope: Scope, terms: Terms) -> str:
        """What makes this asking the same as another; "" before anybody asked for the same."""
        if not self.identity:
            return ""
        model = self.model_for(terms).label
        where = msgspec.json.encode(scope).decode()
        return changed(terms, model=model).key(question, where, self.identity)

    async def asked(self, id: UUID, question: str, scope: Scope) -> Investigation | None:
        """This person's investigation of that id, None without one.

        Raises Conflict where it is about something else.
        """
        with suppress(NotRecorded):
            person = (await self.person()).id
            found = await self.store.investigations.load(id, user=person)
            if (found.question, found.scope) != (redact_text(askable(question)), scope):
                raise Conflict(f"{id} is another question, {found.label}.", "Take a new id.")
            return found
        return None

    async def begin(
        self,
        question: str,
        scope: Scope,
        conversation: UUID | None = None,
        id: UUID | None = None,
    ) -> tuple[Investigation, UUID]:
        """A new investigation, in a conversation of its own unless there is one, and the holder of
        its lease: this process works on it.

        Who is cancelled meanwhile is so after it was made, and it lapses at once.
        Raises Conflict for an id that there is already, NotRecorded for one of somebody else's.
        """
        person = (await self.person()).id
        if conversation is not None:
            await self.store.conversations.get(conversation, person)
        new = Beginning(
            id=id or self.new_id(),
            question=question,
            scope=scope,
            user=person,
            at=self.clock(),
            conversation=conversation or self.new_id(),
            message=self.new_id(),
            holder=self.new_id(),
        )
        making = asyncio.ensure_future(self.store.beginnings.begin(new))
        try:
            await asyncio.shield(making)
            return await self.store.investigations.load(new.id), new.holder
        except asyncio.CancelledError:
            with suppress(StoreError):
                await making
                await self.store.leases.leave(new.id, new.holder)
            raise
