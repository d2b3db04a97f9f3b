"""A circuit breaker: a server that keeps failing is left alone for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

FAILURES = 5
WINDOW_SECONDS = 60.0
"""So many failures within so long open it."""
HALF_OPEN_SECONDS = 30.0
"""After it opened, and after each failed trial: how long until one call is let through again."""


class Circuit(Enum):
    """``HALF_OPEN``: the next call is a trial."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Counts failures by the clock it is given (monotonic seconds).

    reason: what the failure that opened it said.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._opened: float | None = None
        self._trying = False
        self.reason = ""

    @property
    def circuit(self) -> Circuit:
        if self._opened is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self.seconds_left > 0 else Circuit.HALF_OPEN

    @property
    def seconds_left(self) -> float:
        """Until the next trial; 0 when there is nothing to wait for."""
        if self._opened is None:
            return 0.0
        return max(0.0, self._opened + HALF_OPEN_SECONDS - self._now())

    def admit(self) -> bool:
        """Whether a call may be made now; each admitted one ends in one of the three below."""
        if self.circuit is Circuit.CLOSED:
            return True
        if self.circuit is Circuit.OPEN or self._trying:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        self._failures.clear()
        self._opened, self._trying, self.reason = None, False, ""

    def failed(self, reason: str) -> None:
        now = self._now()
        self._failures.append(now)
        was_open, self._trying = self._opened is not None, False
        full = len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW_SECONDS
        if was_open or full:
            self._opened, self.reason = now, reason

    def abandoned(self) -> None:
        """The call was stopped before anybody could tell."""
        self._trying = False
