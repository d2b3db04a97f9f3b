"""Whom a call to the cluster is made as, beside its arguments, where that is turned on."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.tools import CallContext
from workbench.errors import ToolRefused

META = "k8s-workbench.io/person"
"""In ``_meta`` of a ``tools/call``: set by the hub, which no model and no client of ours can reach
(MCP specification 2025-06-18, basic, General fields)."""
OF_THE_SYSTEM = "system:"
"""What begins like this is Kubernetes' own, and nobody who signs in here (Kubernetes documentation,
Authenticating, User impersonation)."""


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``Impersonate-User`` and ``Impersonate-Group`` of a call."""

    user: str
    groups: tuple[str, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether these are names of people: somebody, on one line, and not Kubernetes' own."""
        return all(
            name and name.isprintable() and not name.startswith(OF_THE_SYSTEM)
            for name in (self.user.strip(), *(group.strip() for group in self.groups))
        )


def meta(context: CallContext) -> dict[str, Any]:
    """What goes along with a call. Raises ToolRefused where the call is nobody's."""
    person = Person(user=context.user, groups=context.groups)
    if not person.possible:
        raise ToolRefused(
            f"{context.user or 'Nobody'} cannot be named to the cluster, so nothing was run.",
            "Calls are made there as the person who asks (impersonate): sign in as somebody.",
        )
    return {META: msgspec.to_builtins(person)}


def person(given: Any) -> Person | None:
    """Whom ``_meta`` of a call names; None where it names nobody that can be."""
    try:
        found = msgspec.convert((given or {}).get(META), Person)
    except (msgspec.ValidationError, AttributeError):
        return None
    return found if found.possible else None
