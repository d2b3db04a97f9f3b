"""A number and what it counts, in words."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """``1 finding``, ``0 findings``, ``1,200 policies``, ``2 addresses``."""
    return f"{count:,} {noun if count == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith(("cy", "ry")):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"
