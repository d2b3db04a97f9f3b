"""One recorded tool call as something that can be cited, opened, re-run and compared."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
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
