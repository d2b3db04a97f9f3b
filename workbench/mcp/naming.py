"""Names of tools as models and people use them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

MAX_NAME = 64
"""Longest tool name the Anthropic and OpenAI APIs take (``^[a-zA-Z0-9_-]{1,64}$``)."""
HASH_DIGITS = 8


def tool_names(offered: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """A distinct, valid name for each (prefix, tool): ``<prefix>_<tool>``; ``<tool>`` for "".

    Names that would be equal, or are too long, all end in a hash of what they stand for, so that
    none of them depends on the order in which servers answered.
    """
    plain = {pair: _clean("_".join(filter(None, pair))) for pair in offered}
    uses = Counter(plain.values())
    return {
        pair: name if uses[name] == 1 and len(name) <= MAX_NAME else _hashed(pair, name)
        for pair, name in plain.items()
    }


def _clean(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)


def _hashed(pair: tuple[str, str], name: str) -> str:
    digest = hashlib.sha256("\0".join(pair).encode()).hexdigest()[:HASH_DIGITS]
    return f"{name[: MAX_NAME - HASH_DIGITS - 1]}_{digest}"
