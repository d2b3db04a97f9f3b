"""What stands in place of a secret."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

Mark = Callable[[str, str], str]
"""From the kind of a secret and its value to what stands in its place."""

LONGEST_KIND = 40
TAG_DIGITS = 4
"""Hexadecimal digits of a tag: two different secrets share one in 65,536 cases."""
LONGEST_MARK = LONGEST_KIND + 1 + TAG_DIGITS
"""Characters of a mark's kind and tag."""


_MARK = re.compile(rf"«redacted:[^\s«»]{{1,{LONGEST_MARK}}}»")


def is_mark(value: object) -> bool:
    """Whether it stands in place of a secret already: taken out twice, it would lose its tag."""
    return isinstance(value, str) and bool(_MARK.fullmatch(value))


def mark(kind: str, value: str = "") -> str:
    """What stands in place of a secret; says nothing of its value."""
    return f"«redacted:{kind[:LONGEST_KIND]}»"


def tagged(key: bytes) -> Mark:
    """Marks that also tell whether two secrets are the same: ``«redacted:env#4f2a»``.

    The tag is an HMAC of the value under the key, too short to find the value by even with the key.
    """

    def tagged_mark(kind: str, value: str = "") -> str:
        tag = hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"«redacted:{kind[:LONGEST_KIND]}#{tag[:TAG_DIGITS]}»"

    return tagged_mark
