"""What a route gets to work with: who asks, and the workbench acting for them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from workbench.api.principals import Principal, Role
from workbench.errors import UsageError
from workbench.investigations.live import Live
from workbench.investigations.workbench import Workbench

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing (RFC 9110, 9.2.1)."""


SESSION = "x-workbench-session"
"""Header with the UUID of the session that calls made by hand are recorded in. Whoever makes them
picks it; without one each request has a session of its own."""
GATEWAY = "gateway"
"""The surface of calls that come in a session: those of a kernel or a terminal elsewhere."""


class Caller:
    """One request's view: everything a route needs, for the person who sent it."""

    def __init__(self, principal: Principal, workbench: Workbench, live: Live) -> None:
        self.principal = principal
        self.workbench = workbench
        self.live = live
        self._user: UUID | None = None

    async def user(self) -> UUID:
        """Their id in the store; made at their first visit."""
        if self._user is None:
            self._user = (await self.workbench.person()).id
        return self._user

    async def sees(self, role: Role = Role.ADMIN) -> UUID | None:
        """Whose things they may see: None means everybody's, for those of at least ``role``."""
        return None if self.principal.role >= role else await self.user()


def caller(request: Request) -> Caller:
    principal: Principal = request.state.principal
    workbench: Workbench = request.app.state.workbench
    session = session_of(request)
    surface = "service" if principal.program else GATEWAY if session else "api"
    return Caller(
        principal, acting_for(workbench, principal, surface, session), request.app.state.live
    )


def acting_for(
    workbench: Workbench, who: Principal, surface: str, session: UUID | None = None
) -> Workbench:
    """The workbench on behalf of somebody who was let in."""
    return workbench.acting_for(who.name, surface, who.policy, session, groups=who.groups)


def session_of(request: Request) -> UUID | None:
    """The session a request names. Raises UsageError for what is no UUID."""
    given = request.headers.get(SESSION, "")
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise UsageError(f"{SESSION} is no UUID.", "Make one, and keep it.") from error


def _needs(role: Role) -> object:
    async def allowed(request: Request) -> Caller:  # a function that is not is run in a thread
        found = caller(request)
        reads = request.method in SAFE_METHODS
        found.principal.must_reach(request.scope["route"].tags[0], reads=reads)
        found.principal.must_be(role)
        return found

    return Depends(allowed)


Viewer = Annotated[Caller, _needs(Role.VIEWER)]
Operator = Annotated[Caller, _needs(Role.OPERATOR)]
Approver = Annotated[Caller, _needs(Role.APPROVER)]
Admin = Annotated[Caller, _needs(Role.ADMIN)]
