"""Durations as people type them (``30m``, ``1d12h``) and as kubectl prints them (``5d3h``)."""

from __future__ import annotations

import re
from datetime import datetime

from workbench.errors import UsageError

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400
_UNITS = {"s": 1, "m": _MINUTE, "h": _HOUR, "d": _DAY}
_PART = re.compile(r"(\d+)([smhd])")


def parse_duration(text: str) -> int:
    """Seconds. Raises UsageError when it is not a duration."""
    parts = _PART.findall(text.strip())
    if not parts or "".join(n + u for n, u in parts) != text.strip():
        raise UsageError(f"{text!r} is not a duration.", "Like 30m, 2h or 1d12h.")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def age(then: datetime | None, now: datetime) -> str:
    """How long ago, ``5d3h``; "" when it is not known."""
    return human((now - then).total_seconds()) if then else ""


def human(seconds: float) -> str:
    """A duration in at most two units (k8s.io/apimachinery, duration.HumanDuration)."""
    if int(seconds) < -1:
        return "<invalid>"
    seconds = max(int(seconds), 0)
    if seconds < 2 * _MINUTE:
        return f"{seconds}s"
    if seconds < 10 * _MINUTE:
        return _two(seconds, _MINUTE, "m", 1, "s")
    if seconds < 3 * _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 8 * _HOUR:
        return _two(seconds, _HOUR, "h", _MINUTE, "m")
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h"
    if seconds < 8 * _DAY:
        return _two(seconds, _DAY, "d", _HOUR, "h")
    if seconds < 2 * _YEAR:
        return f"{seconds // _DAY}d"
    if seconds < 8 * _YEAR:
        return _two(seconds, _YEAR, "y", _DAY, "d")
    return f"{seconds // _YEAR}y"


def _two(seconds: int, big: int, big_name: str, small: int, small_name: str) -> str:
    whole, rest = divmod(seconds, big)
    part = rest // small
    return f"{whole}{big_name}{part}{small_name}" if part else f"{whole}{big_name}"
