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
    """

    name: str
    role: Role

    def must_be(self, role: Role) -> None:
        """Raises AccessDenied for less than ``role``."""
        if self.role < role:
            raise AccessDenied(
                f"{self.name} is {self.role.name.lower()}, this takes {role.name.lower()}.",
                "Ask an administrator of the workbench.",
            )
