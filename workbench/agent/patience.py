"""How long to wait before a model is asked again, and when not to ask again."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelServerError,
    ModelUnavailableError,
)
from pydantic_ai.messages import ModelMessage, ModelRequest

TRIES = 3  # of one request: what a provider's own library does
LONGEST = 60.0  # seconds; a person who waits is told to come back instead
_FIRST = 0.5  # seconds before the second try; doubled for the third
_BUSY = frozenset({408, 409, 425, 429, 529})
_BEFORE_ANYTHING = (ModelRateLimitError, ModelServerError, ModelUnavailableError)


def pause(error: Exception, tried: int, left: float | None = None) -> float | None:
    """Seconds to wait before the next try; None when asking again is no use.

    tried: how often this request was made. left: seconds the budget has left.

    A provider that names a time (Retry-After) gets it; else it is half a second, doubled with
    each try, less up to a quarter at random so that many clients do not come back at once.
    """
    if tried >= TRIES or not passing(error):
        return None
    asked = asked_to_wait(error)
    spread = random.uniform(0.75, 1)  # noqa: S311 - it spreads load and keeps no secret
    wait = asked if asked is not None else _FIRST * 2 ** (tried - 1) * spread
    return wait if wait <= min(LONGEST, left if left is not None else LONGEST) else None


def passing(error: Exception) -> bool:
    """Trouble that may be over in a moment: rate limits, overload, a broken connection.

    Spent quotas and refused requests are not, whatever their status.
    """
    if isinstance(error, ModelQuotaExceededError | ModelRequestRejectedError):
        return False
    if isinstance(error, ModelHTTPError):
        if error.provider_retry_hint is not None:
            return error.provider_retry_hint
        return error.status_code in _BUSY or error.status_code >= 500
    return isinstance(error, (*_BEFORE_ANYTHING, ModelConnectionError))


def asked_to_wait(error: Exception) -> float | None:
    """Seconds the provider asks to wait (Retry-After, or its exacter retry-after-ms)."""
    headers = (error.headers if isinstance(error, ModelHTTPError) else None) or {}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return error.retry_after if isinstance(error, ModelAPIError) else None  # a date, in a stream


def resumable(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """The messages up to the last one that a model is to answer: a half answer is left out."""
    kept = list(messages)
    while kept and not isinstance(kept[-1], ModelRequest):
        kept.pop()
    return kept
