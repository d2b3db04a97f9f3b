"""JSON as PostgreSQL's ``jsonb`` and ``text`` can hold it."""

from __future__ import annotations

from typing import Any

import msgspec

NUL_SIGN = "\u2400"  # PostgreSQL has no NUL character in text; logs do. Shown as ␀


def to_jsonb(value: Any) -> str:
    """The value as JSON text; what has no JSON form is written as its ``str``."""
    raw = msgspec.json.encode(storable(msgspec.to_builtins(value, enc_hook=str)))
    return raw.decode()


def from_jsonb(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def storable_text(text: str) -> str:
    """The text without NUL characters and lone surrogates, which PostgreSQL cannot hold."""
    if "\0" in text:
        text = text.replace("\0", NUL_SIGN)
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def storable(value: Any) -> Any:
    """The same tree of JSON types with every text storable."""
    match value:
        case str():
            return storable_text(value)
        case dict():
            return {storable_text(str(k)): storable(v) for k, v in value.items()}
        case list() | tuple():
            return [storable(v) for v in value]
        case _:
            return value
