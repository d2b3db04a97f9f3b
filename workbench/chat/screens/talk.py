"""The chat: conversations, questions, and answers as they come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import msgspec

from workbench.chat import asking, conversations, picker
from workbench.chat.budgets import within
from workbench.chat.elements import node, region
from workbench.chat.following import Following
from workbench.chat.frame import drawer, framed
from workbench.chat.happened import happened
from workbench.chat.listing import Listing
from workbench.chat.screen import Said, identity, notice, word
from workbench.chat.turns import Turn, pending
from workbench.chat.visitor import Visit
from workbench.core.cluster import EVERYTHING, Scope
from workbench.core.investigation import Investigation
from workbench.core.redaction import redact_text
from workbench.core.render import picture
from workbench.core.render.html import Html
from workbench.core.terms import Terms
from workbench.errors import UsageError, WorkbenchError
from workbench.investigations import agents

TURNS = 100
"""Questions of a conversation that are shown, the newest."""


def page(visit: Visit) -> Html:
    """The screen before anything is known."""
    turns = region("turns", role="log", aria_live="polite", aria_label="Conversation")
    column = node("div", turns, class_="column")
    main = node(
        "main",
        region("notice"),
        node("div", column, class_="scroll", data_follow="yes"),
        node(
            "div",
            region("asked-of", _picker(visit, EVERYTHING)),
            asking.composer(visit),
            class_="asks",
        ),
        drawer(),
        class_="main",
    )
    return framed("chat", visit, node("div", conversations.side(), main, class_="room"))


class Talk(Following, Listing):
    """One chat page. ``scope`` is what its next question is asked of."""

    page = staticmethod(page)

    def __init__(self, visit: Visit, send: Callable[[dict[str, str]], None]) -> None:
        super().__init__(visit, send)
        self.scope = EVERYTHING
        self._listings = 0

    async def do_hello(self, said: Said) -> None:
        """``c``: the conversation named in the address; ``kept``: what was asked of before."""
        self.scope = picker.restored(word(said, "kept"), self.visit.workbench.cluster)
        self.put("asked-of", _picker(self.visit, self.scope))
        await self._show(identity(word(said, "c", 40)))
        self.begin(self._offer_namespaces())
        self.begin(self._offer_agents())

    async def do_fresh(self, said: Said) -> None:
        """Begin a new conversation."""
        await self._show(None)

    async def do_conversation(self, said: Said) -> None:
        """``id``: open that one."""
        await self._show(identity(word(said, "id", 40)))

    async def do_scope(self, said: Said) -> None:
        """What the next question is asked of: see ``picker.scope_of``. ``cluster``: another one's
        server is gone to, with the conversation that is open."""
        if address := self.visit.shared.elsewhere.get(word(said, "cluster", picker.NAME)):
            at = f"?c={self.open}" if self.open else ""
            self.tell("leave", to=f"{address.rstrip('/')}/chat{at}")
            return
        scope = picker.scope_of(said)
        if "times" not in said:  # the namespaces are not listed yet
            scope = msgspec.structs.replace(scope, namespaces=self.scope.namespaces)
        self._ask_of(scope)

    async def do_everywhere(self, said: Said) -> None:
        """Ask of all namespaces."""
        self._ask_of(msgspec.structs.replace(self.scope, namespaces=()))
        await self._offer_namespaces()

    async def do_ask(self, said: Said) -> None:
        """``question``, ``model``, ``agent``, ``budget``: ask here, or in a new one, of what was
        picked."""
        self.visit.must_ask()
        question = word(said, "question").strip()
        if not question:
            raise UsageError("There is no question.", "Write one first.")
        await self.visit.count_question()
        self.put("notice")
        self.tell("drop", id="welcome")
        self.add("turns", pending(redact_text(question)))
        self.tell("end")
        try:
            made = await self._start(question, said)
        except WorkbenchError:
            self.tell("drop", id="turn-pending")
            raise
        self.tell("drop", id="turn-pending")
        self.tell("asked")
        turn = Turn(made)
        self.add("turns", turn.article())
        self.tell("end")
        self.follow(turn)
        await self.list()

    async def do_resume(self, said: Said) -> None:
        """``inv``: take that one up where it ended; calls that were answered are not made again."""
        self.visit.must_ask()
        store = self.visit.workbench.store
        found = await store.investigations.load(word(said, "inv", 40), user=await self.visit.sees())
        await self.visit.count_question()
        self.put("notice")
        turn = Turn(await self.visit.live.resume(self.visit.workbench, found))
        self.add("turns", turn.article())
        await self.show_changes(turn)
        self.follow(turn)

    async def do_picture(self, said: Said) -> None:
        """``inv``: what happened around what that investigation found."""
        label = word(said, "inv", 40)
        store = self.visit.workbench.store
        found = await store.investigations.load(label, user=await self.visit.sees())
        self.put(f"picture-{label}", node("p", "Looking at what happened when …", class_="dim"))
        told = await happened(self.visit.workbench, found)
        drawn = picture.figure(told) if told else None
        self.put(f"picture-{label}", drawn or node("p", "Nothing is on record.", class_="dim"))

    async def do_delete(self, said: Said) -> None:
        """``id``: delete it. What was recorded stays."""
        self.visit.must_ask()
        id = identity(word(said, "id", 40))
        if id is None:
            return
        await self.visit.workbench.store.conversations.delete(id, await self.visit.user())
        if id == self.open:
            await self._show(None)
        else:
            await self.list()

    async def _show(self, conversation: UUID | None) -> None:
        """Open it: what is there at once, what still runs as it comes."""
        self.leave()
        self.open = None
        self.put("notice")
        if conversation is None:
            self.tell("address", to="chat")
            self.put("turns", asking.welcome(self.visit))
            self.begin(self._suggest())
        else:
            await self._reopen(conversation)
        await self.list()

    async def _reopen(self, conversation: UUID) -> None:
        store = self.visit.workbench.store
        await store.conversations.get(conversation, await self.visit.sees())
        self.open = conversation
        self.tell("address", to=f"chat?c={conversation}")
        asked = await store.investigations.of_conversation(conversation, TURNS)
        turns = [Turn(investigation) for investigation in asked]
        self.put("turns", *(turn.article() for turn in turns))
        for turn in turns:
            await self.show_changes(turn)
        for turn in turns:
            if turn.running:
                self.follow(turn)
        self.tell("end") if self.follows else self._show_last(turns)

    def _show_last(self, turns: list[Turn]) -> None:
        if turns:
            self.tell("show", id=f"turn-{turns[-1].label}")

    async def _start(self, question: str, said: Said) -> Investigation:
        """Ask; a conversation that was made for it goes again when it could not begin."""
        workbench, made, scope = self.visit.workbench, None, self.scope
        conversation = self.open
        if conversation is None:
            conversation = made = workbench.new_id()
            person, title = await self.visit.user(), redact_text(question)
            await workbench.store.conversations.create(made, user=person, title=title)
        try:
            terms = within(terms_of(said), word(said, "budget", 20).strip(), workbench.budget)
            begun = await self.visit.live.start(
                workbench, question, scope, terms=terms, conversation=conversation
            )
        except WorkbenchError:
            if made:
                await workbench.store.conversations.delete(made)
            raise
        if made:
            self.open = made
            self.tell("address", to=f"chat?c={made}")
        return begun

    async def _suggest(self) -> None:
        """Offer questions; without the cluster there are none, and asking still says why."""
        try:
            look = await self.visit.desk.look()
            self.put("suggestions", asking.suggestions(look, self.scope))
        except WorkbenchError as error:
            self.put("suggestions", notice(error))

    async def _offer_agents(self) -> None:
        with suppress(WorkbenchError):  # they can be written by hand
            known = await agents.every(self.visit.workbench.store)
            self.put("agents", asking.options(agent.name for agent in known))

    async def _offer_namespaces(self) -> None:
        """What may not be listed can be written by hand."""
        names: tuple[str, ...] = ()
        with suppress(WorkbenchError):
            names = await self.visit.desk.namespaces()
        self._listings += 1
        self.put("namespaces", picker.listed(names, self.scope, self._listings))

    def _ask_of(self, scope: Scope) -> None:
        self.scope = scope
        self.put("picked", picker.picked(scope))
        self.tell("keep", text=picker.kept(scope, self.visit.workbench.cluster))
        if self.open is None:
            self.begin(self._suggest())


def _picker(visit: Visit, scope: Scope) -> Html:
    return picker.picker(visit.workbench.cluster, scope, visit.shared.elsewhere)


def terms_of(said: Said) -> Terms:
    """The model and the agent that were named, if any."""
    return Terms(model=word(said, "model", 200).strip(), agent=word(said, "agent", 100).strip())
