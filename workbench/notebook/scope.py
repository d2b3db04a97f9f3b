"""What was typed about where and when, as a Scope."""

from __future__ import annotations

from workbench.core.cluster import Scope
from workbench.core.duration import parse_duration


def scope(
    namespace: str = "", context: str = "", selector: str = "", since: str | int = ""
) -> Scope:
    """namespace: one, or several joined by commas; none for all of them.

    Raises UsageError for a ``since`` that is no duration.
    """
    names = tuple(namespace.replace(",", " ").split())
    return Scope(context=context, namespaces=names, selector=selector, since=seconds(since))


def seconds(since: str | int) -> int:
    """``90``, ``30m``, ``2h``, ``1h30m`` or ``1d`` in seconds; "" is 0."""
    if isinstance(since, int) or since.isdecimal():
        return int(since)
    return parse_duration(since) if since else 0
