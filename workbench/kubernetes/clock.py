"""What time it is in the cluster, which for a served snapshot is the time it was taken."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FROZEN = "Workbench-Now"
"""Response header of a served snapshot: the time its cluster stands at, RFC 3339."""


class ServerClock:
    """The API server's clock, as its last answer told it."""

    def __init__(self) -> None:
        self._told: datetime | None = None
        self._heard = 0.0
        self._frozen = False

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from the headers of an answer, where they hold one."""
        frozen = _rfc3339(headers.get(FROZEN, ""))
        told = frozen or _http_date(headers.get("Date", ""))
        if told is not None:
            self._told, self._heard, self._frozen = told, time.monotonic(), frozen is not None

    def now(self) -> datetime:
        """The server's time in UTC; this machine's before anything was heard."""
        if self._told is None:
            return datetime.now(UTC)
        if self._frozen:
            return self._told
        return self._told + timedelta(seconds=time.monotonic() - self._heard)


def _rfc3339(text: str) -> datetime | None:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None
