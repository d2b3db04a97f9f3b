"""The linear-time regex engine that tells fast whether text could hold a secret.

It is the Rust engine that pydantic-core carries: it answers yes or no, not where.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic_core import SchemaValidator, core_schema


def holds(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether the pattern matches anywhere in a text that is UTF-8."""
    schema = core_schema.str_schema(pattern=_ascii(pattern), regex_engine="rust-regex")
    return SchemaValidator(schema).isinstance_python


_CLASSES = {"w": "A-Za-z0-9_", "d": "0-9", "s": r" \t\r\n\f\v"}


def _ascii(pattern: str) -> str:
    r"""The pattern with ``\w``, ``\d``, ``\s`` and ``\b`` of ASCII, as the detectors read them; the
    engine is several times faster on them than on those of Unicode."""
    out: list[str] = []
    in_class = False
    for piece in re.findall(r"\\.|[^\\]", pattern, re.DOTALL):
        if piece == r"\b":
            piece = r"(?-u:\b)"
        elif piece[0] == "\\" and piece[1] in _CLASSES:
            piece = _CLASSES[piece[1]] if in_class else f"[{_CLASSES[piece[1]]}]"
        elif piece == r"\S":
            piece = rf"[^{_CLASSES['s']}]"
        elif piece == r"\W":
            piece = rf"[^{_CLASSES['w']}]"
        elif piece == "[" and not in_class:
            in_class = True
        elif piece == "]":
            in_class = False
        out.append(piece)
    return "".join(out)


_SURROGATE = re.compile("[\ud800-\udfff]")


def readable(text: str) -> str:
    """The text as the engine can read it: it finds nothing in text with lone surrogates."""
    return text if text.isascii() else _SURROGATE.sub("?", text)
