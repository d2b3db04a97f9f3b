"""Incidents: browse them, open one, attach what was found, see those like it, close it."""

from __future__ import annotations

from workbench.chat import asking, incidents
from workbench.chat.elements import narrowing, node, region
from workbench.chat.frame import screen
from workbench.chat.screen import Said, Screen, word
from workbench.chat.visitor import Visit
from workbench.core.incident import Incident, Outcome
from workbench.core.render.html import NOTHING, Html
from workbench.errors import AccessDenied, UsageError, WorkbenchError
from workbench.investigations.incidents import IncidentDesk

LISTED = 200
LABEL = 40


def page(visit: Visit) -> Html:
    """The screen before anything is read."""
    return screen(
        "incidents",
        visit,
        region("back"),
        region("new"),
        region("search", class_="filters"),
        region("list"),
        region("incident"),
        region("similar"),
        region("namespaces", element="datalist", id="namespaces"),
    )


class Incidents(Screen):
    """One incidents page."""

    page = staticmethod(page)

    async def do_hello(self, said: Said) -> None:
        """``id``: the one named in the address, if any."""
        self.begin(self._offer_namespaces())
        if label := word(said, "id", LABEL):
            await self._show(label)
        else:
            await self.do_all(said)

    async def do_all(self, said: Said) -> None:
        """The list."""
        found = await (await self._desk()).all()
        self.tell("address", to="incidents")
        for part in ("back", "incident", "similar"):
            self.put(part)
        self.put("new", incidents.new() if self.visit.visitor.asks else NOTHING)
        self.put("search", narrowing("list", "Title, namespace, cause or fix (f)"))
        self.put("list", incidents.listed(found[:LISTED]))

    async def do_incident(self, said: Said) -> None:
        """``id``: open that one."""
        await self._show(word(said, "id", LABEL))

    async def do_open(self, said: Said) -> None:
        """``title``, ``namespace``, ``investigation`` and ``shared``: open another one."""
        desk = await self._writing()
        title = word(said, "title", incidents.TITLE_MOST)
        namespace = word(said, "namespace", 253).strip()
        label = word(said, "investigation", LABEL).strip()
        if label:  # of an incident that cannot be what was meant, nothing is opened
            await self.visit.workbench.store.investigations.load(label, await self.visit.sees())
        made = await desk.open(title, namespace, shared=bool(word(said, "shared", 5)))
        if label:
            await desk.attach(made.label, label)
        await self._show(made.label)

    async def do_attach(self, said: Said) -> None:
        """``id``, ``investigation``."""
        desk = await self._writing()
        made = await desk.attach(
            word(said, "id", LABEL), word(said, "investigation", LABEL).strip()
        )
        await self._show(made.label)

    async def do_note(self, said: Said) -> None:
        """``id``, ``text``."""
        desk = await self._writing()
        text = word(said, "text", incidents.TEXT_MOST).strip()
        if not text:
            raise UsageError("There is nothing to note.", "Write it first.")
        await self._show((await desk.note(word(said, "id", LABEL), text)).label)

    async def do_close(self, said: Said) -> None:
        """``id``, ``cause``, ``fix``, ``outcome``: close it with what it was."""
        desk = await self._writing()
        if not self.visit.visitor.person:
            raise AccessDenied("A program does not say what an incident was.", "A person does.")
        outcome = word(said, "outcome", 20)
        if outcome not in {o.value for o in Outcome}:
            raise UsageError("How did it end?", "Choose one of the outcomes.")
        closed = await desk.close(
            word(said, "id", LABEL),
            cause=word(said, "cause", incidents.TEXT_MOST),
            fix=word(said, "fix", incidents.TEXT_MOST).strip(),
            outcome=Outcome(outcome),
        )
        await self._show(closed.label)

    async def _show(self, label: str) -> None:
        desk = await self._desk()
        one = await desk.load(label)
        self.tell("address", to=f"incidents?id={one.label}")
        for part in ("notice", "new", "search", "list"):
            self.put(part)
        self.put("back", node("a", "← All incidents", href="incidents", data_do="all"))
        self.put("incident", self._opened(one))
        self.put(
            "similar",
            node("h2", "Earlier ones like it"),
            incidents.alike(await desk.similar(label)),
        )

    def _opened(self, one: Incident) -> Html:
        visitor = self.visit.visitor
        return incidents.opened(one, writes=visitor.asks, closes=visitor.asks and visitor.person)

    async def _writing(self) -> IncidentDesk:
        self.visit.must_ask()
        return await self._desk()

    async def _desk(self) -> IncidentDesk:
        bench = self.visit.workbench
        user = await self.visit.user()
        everybodys = self.visit.visitor.sees_all
        return IncidentDesk(
            bench.store, user, bench.user, bench.clock, bench.new_id, everybodys=everybodys
        )

    async def _offer_namespaces(self) -> None:
        try:
            self.put("namespaces", asking.options(await self.visit.desk.namespaces()))
        except WorkbenchError:
            self.put("namespaces")  # they can be written by hand
