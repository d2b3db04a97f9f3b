"""Durations as people type them (``30m``, ``2h``, ``1d12h``) and read them (``2h 5m``)."""

from __future__ import annotations

import re

from workbench.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"(\d+)([smhd])")


def parse_duration(text: str) -> int:
    """Seconds. Raises UsageError when it is not a duration."""
    parts = _PART.findall(text.strip())
    if not parts or "".join(n + u for n, u in parts) != text.strip():
        raise UsageError(f"{text!r} is not a duration.", "Like 30m, 2h or 1d12h.")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def duration_words(seconds: float) -> str:
    """At most two units, as kubectl prints ages: ``45s``, ``12m``, ``3h 5m``, ``9d``."""
    left = max(0, int(seconds))
    words = []
    for unit, size in sorted(_UNITS.items(), key=lambda u: -u[1]):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words[:2]) or "0s"
