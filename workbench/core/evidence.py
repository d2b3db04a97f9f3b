"""One recorded tool call as something that can be cited, opened, re-run and compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

import msgspec


class Outcome(Enum):
    """How a recorded call ended. ``RUNNING`` is an intent whose outcome is not known yet."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the record.

    label: ``E7``, unique within its investigation.
    sha256: of the result text, hex; "" while running or when nothing came back.
    """

    id: UUID
    label: str
    investigation: UUID
    tool: str
    arguments: dict[str, Any]
    outcome: Outcome
    cluster: str
    at: datetime
    duration_ms: float | None = None
    text: str = ""
    data: Any = None
    error: str = ""
    sha256: str = ""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be done, written before it is done. ``id`` is a UUIDv7 made by the caller,
    so that writing it twice is writing it once."""

    id: UUID
    investigation: UUID
    user: str
    surface: str
    server: str
    tool: str
    arguments: dict[str, Any]
    cluster: str
    at: datetime


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended. ``text`` and ``data`` are the result as it may be stored: already redacted.

    large: so much that writing it takes time, and nothing else should wait for that.
    """

    outcome: Outcome
    duration_ms: float
    text: str = ""
    data: Any = None
    error: str = ""
    large: bool = False


class Finished(msgspec.Struct, frozen=True):
    """A call that was intended, and how it ended."""

    intent: Intent
    ended: Ended


class Record(Protocol):
    """Where calls are recorded. Both raise StoreUnavailable when it cannot be reached.

    intend: returns the evidence label once the row is durable; without it nothing may run.
        after: outcomes of earlier calls of the same investigation, made durable with it.
    finish: returns when the outcome is durable; the first one stays.
    """

    async def intend(self, intent: Intent, after: Sequence[Finished] = ()) -> str: ...

    async def finish(self, intent: Intent, ended: Ended) -> None: ...
