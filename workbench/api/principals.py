"""Who asks, and what their role lets them do."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from workbench.errors import AccessDenied, SettingsError


class Role(IntEnum):
    """Each role may do what the ones before it may.

    VIEWER reads; OPERATOR also asks and runs runbooks; APPROVER also decides on changes; ADMIN also
    sees everybody's and manages tool servers and agents.
    """

    VIEWER = 1
    OPERATOR = 2
    APPROVER = 3
    ADMIN = 4

    @classmethod
    def named(cls, name: str) -> Role:
        """Raises SettingsError for another word."""
        try:
            return cls[name.upper()]
        except KeyError:
            known = ", ".join(role.name.lower() for role in cls)
            raise SettingsError(f"There is no role {name}.", f"Roles are: {known}.") from None


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has proved who they are.

    name: how the record knows them (an e-mail address, or a local user's name).
    policy: their role as policy rules name it; "" for the one the settings give.
    groups: theirs that the setting ``roles`` names.
    program: nobody sits there, so that it cannot decide about changes.
    kernel: a person's, but held by code of a notebook server, which cannot decide either.
    scopes: the parts of the API they may use, like ``audit`` or ``investigations:read``; none for
        all that their role may.
    """

    name: str
    role: Role
    policy: str = ""
    groups: tuple[str, ...] = ()
    program: bool = False
    kernel: bool = False
    scopes: tuple[str, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether they could decide about changes."""
        return self.role >= Role.APPROVER and not (self.program or self.kernel)

    def must_be(self, role: Role) -> None:
        """Raises AccessDenied for less than ``role``."""
        if self.role < role:
            raise AccessDenied(
                f"{self.name} is {self.role.name.lower()}, this takes {role.name.lower()}.",
                "Ask an administrator of the workbench.",
            )

    def must_reach(self, part: str, *, reads: bool) -> None:
        """Raises AccessDenied for a part of the API that the scopes leave out."""
        enough = {part, f"{part}:read"} if reads else {part}
        if self.scopes and not enough & set(self.scopes):
            raise AccessDenied(
                f"{self.name} may not {'read' if reads else 'use'} {part}.",
                f"Its scopes are {', '.join(self.scopes)}.",
            )
