"""A number and what it counts, in words."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """``1 finding``, ``0 findings``, ``1,200 findings``; the noun is one that takes an *s*."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
