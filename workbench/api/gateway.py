"""The MCP gateway at ``/mcp``: the tools of this server's hub for kernels that hold no credentials
of a cluster or a database.

Whoever calls is who the door let in; each call is judged, recorded and redacted here, in a session
of theirs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import FastAPI, Request
from starlette.routing import Route

from workbench.api.caller import GATEWAY, acting_for, session_of
from workbench.api.principals import Principal, Role
from workbench.core.tools import ToolResult, ToolSpec
from workbench.investigations.workbench import Workbench
from workbench.mcp.mounted import Mounted
from workbench.mcp.reexport import make_gateway

PATH = "/mcp"
PART = "mcp"
"""What the scopes of a token call it."""
PEOPLE_MOST = 1_000


class Acting:
    """The tools as they are called for one person, in one session."""

    def __init__(self, workbench: Workbench, who: Principal) -> None:
        self._workbench = workbench
        self._who = who

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._workbench.tools.list()

    async def call(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        """Raises AccessDenied for those who may only look at what is recorded."""
        self._who.must_be(Role.OPERATOR)
        return await self._workbench.called(name, arguments)


def add_gateway(app: FastAPI, workbench: Workbench) -> Mounted:
    """Serve it from ``app``; what is returned must be running for it to answer."""

    @lru_cache(maxsize=PEOPLE_MOST)
    def unnamed(who: Principal, surface: str) -> Acting:
        """For clients that name no session: one for each person and process."""
        return Acting(acting_for(workbench, who, surface), who)

    async def tools_for(request: Request) -> Acting:
        who: Principal = request.scope["state"]["principal"]
        who.must_reach(PART, reads=False)
        surface = "service" if who.program else GATEWAY
        session = session_of(request)
        if session is None:
            return unnamed(who, surface)
        return Acting(acting_for(workbench, who, surface, session), who)

    mounted = Mounted(make_gateway(tools_for))
    app.router.routes.append(Route(PATH, endpoint=mounted))
    return mounted
