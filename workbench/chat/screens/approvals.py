"""Approvals: what waits for a person, and what was decided."""

from __future__ import annotations

from workbench.chat import changes
from workbench.chat.deciding import Deciding
from workbench.chat.elements import node, region, rows
from workbench.chat.frame import screen
from workbench.chat.screen import Said, word
from workbench.chat.visitor import Visit
from workbench.core.change import ChangeState, state
from workbench.core.render.html import NOTHING, Html
from workbench.store.approvals import Known

NEWEST = 100
"""Proposals that are looked at: one waits for an hour at most."""
SETTLED = 50


def page(visit: Visit) -> Html:
    """The screen before anything is read."""
    whose = "Everybody's" if visit.visitor.decides else "Your"
    about = (
        f"{whose} changes that wait for a person. Each was tried on the server without being made, "
        "is decided about once, and expires."
    )
    return screen(
        "approvals",
        visit,
        node("p", about, class_="dim"),
        region("waiting", aria_live="polite"),
        region("none"),
        region("settled"),
    )


class Approvals(Deciding):
    """One approvals page."""

    page = staticmethod(page)

    async def do_hello(self, said: Said) -> None:
        """What waits now, and from then on."""
        await self.renew()
        self.watch()

    async def do_change(self, said: Said) -> None:
        """``change``: open a card of it."""
        change, _ = await self._visible(word(said, "change", 40))
        self.put("none")
        await self.show_change(change.label, "waiting")
        self.tell("show", id=f"change-{change.label}")

    async def do_decide(self, said: Said) -> None:
        """The same, and the lists."""
        try:
            await super().do_decide(said)
        finally:
            await self.renew()

    async def renew(self) -> None:
        """Also show what is new; what somebody is writing stays."""
        await super().renew()
        bench = self.visit.workbench
        user = None if self.visit.visitor.decides else await self.visit.sees()
        newest = await bench.store.changes.recent(NEWEST, user=user)
        states = [(known, state(*known, bench.clock())) for known in newest]
        for (change, _), now in states:
            if now is ChangeState.PROPOSED and not self.shows(change.label):
                await self.show_change(change.label, "waiting")
        waits = any(now is ChangeState.PROPOSED for _, now in states)
        self.put("none", NOTHING if waits else node("p", "Nothing waits."))
        self._list([known for known, now in states if now is not ChangeState.PROPOSED])

    def _list(self, settled: list[Known]) -> None:
        now = self.visit.workbench.clock()
        if settled:
            found = (changes.row(*known, now) for known in settled[:SETTLED])
            self.put("settled", node("h2", "Settled"), rows(changes.COLUMNS, found))
