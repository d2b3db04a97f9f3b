"""What a pattern that finds one kind of credential is made of."""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """One kind of credential and how it is found.

    needles: lower-case pieces of text; the pattern is tried only where one of them stands.
    pattern: what its first group holds, if there is one, stays; the rest of the match goes.
    trigger: a pattern for the linear-time engine that matches every text the pattern matches in.
    """

    kind: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    trigger: str


def shape(kind: str, needles: str, pattern: str, trigger: str = "", flags: int = 0) -> Shape:
    """Needles are separated by spaces; without a trigger they are it, in the case they are in."""
    words = needles.split(" ")
    found = trigger or "|".join(re.escape(word).replace(r"\-", "-") for word in words)
    lowered = tuple(dict.fromkeys(word.lower() for word in words))
    return Shape(kind, lowered, re.compile(pattern, flags | re.ASCII), found)
