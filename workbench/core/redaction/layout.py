"""Text that is JSON: read, and written again as it was laid out."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

_INDENT = re.compile(r"[\[{]\r?\n( +)\S")


def decoded(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or list the text is; None when it is neither."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value: dict[str, Any] | list[Any] = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    return value


def laid_out(value: Any, like: str) -> str:
    """The value as JSON with the indent and the last line ends of ``like``."""
    indent = _INDENT.search(like)
    text = json.dumps(value, ensure_ascii=False, indent=len(indent[1]) if indent else None)
    return text + "\n" * (len(like) - len(like.rstrip("\n")))
