"""Tool servers: how they are doing, what they offer; for administrators also to add, switch and
remove them, and to accept tools that changed."""

from __future__ import annotations

from workbench.chat import servers
from workbench.chat.elements import button, node, region
from workbench.chat.frame import screen
from workbench.chat.screen import Said, Screen, word
from workbench.chat.visitor import Visit
from workbench.core.render.html import NOTHING, Html
from workbench.errors import AccessDenied, UsageError, WorkbenchError
from workbench.investigations.servers import ToolServers

NAME = 40


def page(visit: Visit) -> Html:
    """The screen before anything is known."""
    again = button("Look again", do="hello", class_="second")
    adds = servers.form(visit.shared.commands) if visit.visitor.sees_all else NOTHING
    return screen(
        "tools",
        visit,
        node("div", again, class_="filters"),
        adds,
        region("servers", aria_live="polite"),
    )


class Servers(Screen):
    """One page of tool servers."""

    page = staticmethod(page)

    async def do_hello(self, said: Said) -> None:
        """All of them as they are now."""
        found = await self._servers.list()
        self.put("servers", *(servers.card(one, self._manages) for one in found))

    async def do_tools(self, said: Said) -> None:
        """``server``: what it offers."""
        await self._offer(word(said, "server", NAME))

    async def do_switch(self, said: Said) -> None:
        """``server``, ``to``: connect, disconnect, reconnect, enable or disable it."""
        self._must_manage()
        known, name = self._servers, word(said, "server", NAME)
        switches = {
            "connect": known.connect,
            "disconnect": known.disconnect,
            "reconnect": known.reconnect,
            "enable": known.enable,
            "disable": known.disable,
        }
        switch = switches.get(word(said, "to", 20))
        if switch is None:
            raise UsageError("There is no such switch.", "Reload the page.")
        self.put("notice")
        try:
            await switch(name)
        finally:
            await self._renew(name)

    async def do_add(self, said: Said) -> None:
        """``name``, ``target``, ``header``, ``description``: register another one."""
        self._must_manage()
        server = servers.given(said, self.visit.shared.commands)
        await self._servers.register(self.visit.workbench.new_id(), server)
        self.put("notice")
        await self.do_hello(said)

    async def do_remove(self, said: Said) -> None:
        """``server``: stop it and forget it."""
        self._must_manage()
        await self._servers.remove(word(said, "server", NAME))
        self.put("notice")
        await self.do_hello(said)

    async def do_accept(self, said: Said) -> None:
        """``server``, ``tool``, ``sha256`` of what was shown, ``reads``."""
        self._must_manage()
        name = word(said, "server", NAME)
        try:
            await self._servers.accept(
                name,
                word(said, "tool", 200),
                sha256=word(said, "sha256", 64),
                by=self.visit.visitor.name,
                reads=word(said, "reads", 3) == "yes",
            )
        finally:
            await self._offer(name)

    async def _renew(self, name: str) -> None:
        self.add("servers", servers.card(await self._servers.get(name), self._manages))

    async def _offer(self, name: str) -> None:
        try:
            offered = await self._servers.tools(name)
        except WorkbenchError:
            self.put(f"tools-{name}")
            raise
        self.put(f"tools-{name}", servers.tools(name, offered, self._manages))

    @property
    def _manages(self) -> bool:
        return self.visit.visitor.sees_all

    @property
    def _servers(self) -> ToolServers:
        found = self.visit.workbench.servers
        if found is None:
            raise UsageError("This workbench manages no tool servers.", "Use `workbench up`.")
        return found

    def _must_manage(self) -> None:
        if not self._manages:
            raise AccessDenied(
                f"{self.visit.visitor.name} may look at tool servers, not change them.",
                "It takes an administrator.",
            )
