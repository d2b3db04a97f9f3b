"""What every screen that shows evidence can do: open it, in a step or in the drawer."""

from __future__ import annotations

from workbench.chat import evidence
from workbench.chat.screen import Said, Screen, word
from workbench.core.evidence import Evidence


class Opening(Screen):
    """A screen with a drawer."""

    async def do_evidence(self, said: Said) -> None:
        """``inv``, ``evidence``: open the call in the drawer."""
        found = await self._evidence(said)
        self.put("drawer", evidence.opened(found, word(said, "inv", 40)))
        self.tell("drawer", on="yes")

    async def do_verify(self, said: Said) -> None:
        """``inv``: hold every recorded event of that investigation against the one before it."""
        store, label = self.visit.workbench.store, word(said, "inv", 40)
        found = await store.investigations.load(label, user=await self.visit.sees())
        broken, root = await store.record.verify(found.id), await store.record.root(found.id)
        self.put("verified", evidence.verified(found.label, root, broken))

    async def do_step(self, said: Said) -> None:
        """``inv``, ``evidence``, ``to``: show its excerpt in that region."""
        found = await self._evidence(said)
        self.put(word(said, "to", 300), evidence.excerpt(found, word(said, "inv", 40)))

    async def _evidence(self, said: Said) -> Evidence:
        """Raises NotRecorded, also for somebody else's."""
        store = self.visit.workbench.store
        label, name = word(said, "inv", 40), word(said, "evidence", 12)
        found = await store.investigations.load(label, user=await self.visit.sees())
        return await store.record.evidence(found.id, name)
