"""What every screen that shows proposed changes can do: have a person decide about them, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import msgspec

from workbench.chat import changes
from workbench.chat.opening import Opening
from workbench.chat.screen import Said, word
from workbench.chat.visitor import Visit
from workbench.core.change import ChangeState, state
from workbench.core.investigation import Investigation
from workbench.core.render.html import Html
from workbench.errors import AccessDenied, NotRecorded, UsageError, WorkbenchError
from workbench.investigations.changes import visible
from workbench.store.approvals import Known

POLL_SECONDS = 5.0
WAIT_SECONDS = 3.0
"""Between making a change and the look after it: time for controllers to begin."""


class Shown(msgspec.Struct, frozen=True):
    """Where a card is, and what it shows. made: how it went stands on it."""

    region: str
    state: ChangeState
    made: bool

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.made or self.state not in (
            ChangeState.PROPOSED, ChangeState.APPROVED, ChangeState.MAKING,
        )  # fmt: skip


class Deciding(Opening):
    """A screen with cards of proposed changes."""

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self._cards: dict[str, Shown] = {}
        self._watching = False

    async def do_decide(self, said: Said) -> None:
        """``change``, ``digest`` as it was shown, ``word`` (approve or deny), ``reason``."""
        if not self.visit.visitor.decides:
            name = self.visit.visitor.name
            raise AccessDenied(f"{name} may not decide about changes.", "It takes an approver.")
        change, _ = await self._visible(word(said, "change", 40))
        if word(said, "digest", 64) != change.digest:
            raise UsageError(f"{change.label} is not what was shown.", "Look at it again.")
        choice, reason = word(said, "word", 10), word(said, "reason", changes.REASON_MOST)
        self.put("notice")
        try:
            await self._decide(choice, str(change.id), change.digest, reason)
        finally:
            await self.show_change(change.label)

    async def show_change(self, which: str, region: str = "") -> None:
        """Show its card as it is now, in the region it was in unless another is named."""
        known = await self._visible(which)
        found, opens = await self._recorded(known[0].investigation)
        before = self._cards.get(known[0].label)
        where = region or (before.region if before else "")
        self._cards[known[0].label] = self._seen(where, known, found)
        self.add(where, self._card(known, found, opens))
        self.watch()

    def shows(self, label: str) -> bool:
        """Whether there is a card of it."""
        return label in self._cards

    def watch(self) -> None:
        """Keep what is shown as it is, from now on."""
        if not self._watching:
            self._watching = True
            self.begin(self._watch())

    async def renew(self) -> None:
        """Show the cards anew that somebody else has decided about, or that have expired."""
        for label, shown in list(self._cards.items()):
            if shown.over:
                continue
            known = await self._visible(label)
            found, _ = await self._recorded(known[0].investigation)
            if self._seen(shown.region, known, found) != shown:
                await self.show_change(label)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            with suppress(WorkbenchError):  # it is asked again in a moment
                await self.renew()

    async def _decide(self, choice: str, id: str, digest: str, reason: str) -> None:
        """A change that is being made is made, and looked at, also when the tab is closed."""
        bench, shared = self.visit.workbench, self.visit.shared
        if choice == "approve":
            made = bench.approve(id, digest=digest, wait=WAIT_SECONDS, reason=reason)
            await shared.apart(made)
        elif choice == "deny":
            await shared.apart(bench.deny(id, reason=reason))

    def _seen(self, region: str, known: Known, found: Investigation) -> Shown:
        made = changes.how_it_went(known[0], found) is not None
        return Shown(region, state(*known, self.visit.workbench.clock()), made)

    def _card(self, known: Known, found: Investigation, opens: bool) -> Html:
        change, approval = known
        return changes.card(
            change,
            approval,
            self.visit.workbench.clock(),
            decides=self.visit.visitor.decides,
            applied=changes.how_it_went(change, found),
            opens=opens,
        )

    async def _recorded(self, investigation: UUID) -> tuple[Investigation, bool]:
        """Where it was proposed, and whether this person may open that."""
        store = self.visit.workbench.store.investigations
        try:
            return await store.load(investigation, user=await self.visit.sees()), True
        except NotRecorded:  # an approver sees the proposals of others, and not their calls
            return await store.load(investigation), False

    async def _visible(self, which: str) -> Known:
        sees = None if self.visit.visitor.decides else await self.visit.sees()
        return await visible(self.visit.workbench, which, sees)
