"""What was typed about where and when, as a Scope."""

from __future__ import annotations

import re

from workbench.core.cluster import Scope
from workbench.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SINCE = re.compile(r"(?:\d+[smhd])+")


def scope(
    namespace: str = "", context: str = "", selector: str = "", since: str | int = ""
) -> Scope:
    """namespace: one, or several joined by commas; none for all of them.

    Raises UsageError for a ``since`` that is no duration.
    """
    names = tuple(name for name in re.split(r"[,\s]+", namespace) if name)
    return Scope(context=context, namespaces=names, selector=selector, since=seconds(since))


def seconds(since: str | int) -> int:
    """``90``, ``30m``, ``2h``, ``1h30m`` or ``1d`` in seconds; "" is 0."""
    if isinstance(since, int) or since.isdecimal():
        return int(since)
    if since and not _SINCE.fullmatch(since):
        raise UsageError(f"{since!r} is not a duration.", "Write it like 30m, 2h or 1d.")
    return sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([smhd])", since))
