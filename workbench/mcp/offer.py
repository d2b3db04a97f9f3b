"""What a server offers, and the ways a conversation with it ends early."""

from __future__ import annotations

from typing import Any

import msgspec

OVERSIZED = -32099
"""JSON-RPC code of our own (server-defined range) standing in for an answer too large to take."""
NOT_SENT = -32098
"""JSON-RPC code of our own for a request that did not reach the server."""


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
    """The server went away while it was being asked something; ``why`` when that is known."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


class NeverAsked(SessionLost):
    """It went away before it was asked: nothing ran, and asking again is safe."""
