"""What a pattern that finds one kind of credential is made of."""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """One kind of credential and how it is found.

    pattern: what its first group holds, if there is one, stays; the rest of the match goes.
    trigger: a pattern for the linear-time engine that matches every text the pattern matches in.
    """

    kind: str
    pattern: re.Pattern[str]
    trigger: str


def shape(kind: str, words: str, pattern: str, trigger: str = "", flags: int = 0) -> Shape:
    """words: pieces of text of which one stands in every match, separated by spaces; in any case
    where there is a trigger, and without one they are it, in the case they are in."""
    found = trigger or "|".join(re.escape(word).replace(r"\-", "-") for word in words.split(" "))
    return Shape(kind, re.compile(pattern, flags | re.ASCII), found)
