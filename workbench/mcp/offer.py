"""What a server offers, and the one way a conversation with it ends early."""

from __future__ import annotations

from typing import Any

import msgspec


class OfferedTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as its server describes it.

    claims_read_only: the server's own annotation; it grants nothing by itself.
    definition: name, description, schemas and annotations as canonical JSON.
    """

    name: str
    description: str
    input_schema: dict[str, Any]
    claims_read_only: bool
    definition: bytes


class SessionLost(Exception):
    """The server went away while it was being asked something."""
