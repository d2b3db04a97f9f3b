"""Secrets taken out of JSON values by structure, and of text."""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import lru_cache
from typing import Any

import msgspec

from workbench.core.redaction.marks import Mark, mark, tagged
from workbench.core.redaction.names import (
    HEADERS,
    LAST_APPLIED,
    is_object_name,
    is_placeholder,
    names_a_secret,
    variable_holds_a_secret,
)
from workbench.core.redaction.text import FreeText, could_hold_a_secret

MAX_DEPTH = 200
SHORTEST = 8
"""No format of free text is shorter than this (``pwd=1234``)."""

_DOCKER_AUTH = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")
_INDENT = re.compile(r"[\[{]\r?\n( +)\S")


class Redactor:
    """Takes secrets out. With a key, marks carry a tag that equal secrets share."""

    def __init__(self, key: bytes | None = None) -> None:
        self._mark: Mark = tagged(key) if key else mark
        self._free = FreeText(self._mark)

    def value(self, value: Any) -> Any:
        """A JSON value without its secrets: the same keys and shapes."""
        return self._redacted(value, in_secret=False, depth=0)

    def text(self, text: str) -> str:
        """Text without its secrets. JSON goes by structure, YAML and the rest by pattern."""
        if not could_hold_a_secret(text):
            return text
        if text.lstrip()[:1] in ("{", "["):
            clean = self._json(text)
            return self._free.redact(text) if clean is None else clean
        return self._free.redact(text)

    def _json(self, text: str) -> str | None:
        """None when it is not JSON."""
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            return None
        clean = self.value(value)
        if clean == value:
            return text
        indent = _INDENT.search(text)
        spaces = len(indent[1]) if indent else None
        return json.dumps(clean, ensure_ascii=False, indent=spaces) + _end(text)

    def _redacted(self, value: Any, *, in_secret: bool, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value) if len(value) >= SHORTEST else value
        if depth > MAX_DEPTH and isinstance(value, (list, tuple, dict)):
            return self._mark("too-deep", "")
        if isinstance(value, (list, tuple)):
            return [self._redacted(v, in_secret=in_secret, depth=depth + 1) for v in value]
        if isinstance(value, dict):
            return self._dict(value, in_secret=in_secret, depth=depth)
        return value

    def _dict(self, value: dict[str, Any], *, in_secret: bool, depth: int) -> dict[str, Any]:
        in_secret = in_secret or value.get("kind") in ("Secret", "SecretList")
        name = value.get("name")
        held = isinstance(name, str) and variable_holds_a_secret(name)
        return {
            key: self._member(str(key), item, in_secret=in_secret, held=held, depth=depth)
            for key, item in value.items()
        }

    def _member(self, key: str, item: Any, *, in_secret: bool, held: bool, depth: int) -> Any:
        if in_secret and key in ("data", "stringData", "binaryData"):
            return self._emptied(item)
        kind = "env" if held and key == "value" else _kind_of(key)
        if kind and isinstance(item, str) and not is_placeholder(item):
            if kind == "last-applied":
                clean = self._json(item)
                return self._mark(kind, item) if clean is None else clean
            if not is_object_name(key, item) and (
                kind != "docker-auth" or _DOCKER_AUTH.fullmatch(item)
            ):
                return self._mark(kind, item)
        if kind and type(item) in (int, float) and "passw" in key.lower():
            return self._mark("number", str(item))
        nested = in_secret and key in ("items", "kind")
        return self._redacted(item, in_secret=nested, depth=depth + 1)

    def _emptied(self, item: Any) -> Any:
        if isinstance(item, dict):
            return {k: self._mark("secret-data", _plain(v)) for k, v in item.items()}
        return None if item is None else self._mark("secret-data", _plain(item))


@lru_cache(maxsize=4096)
def _kind_of(key: str) -> str:
    """What a field of that name holds, "" for nothing secret."""
    if key == LAST_APPLIED:
        return "last-applied"
    if key.lower() in HEADERS:
        return "header"
    if key == "auth":
        return "docker-auth"
    return key.lower().replace("_", "-") if names_a_secret(key) else ""


def _plain(value: Any) -> str:
    """The value as a container sees it, so that it has the same tag in both places."""
    text = str(value)
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text


def _end(text: str) -> str:
    return "\n" * (len(text) - len(text.rstrip("\n")))


_UNTAGGED = Redactor()


def redact_value(value: Any) -> Any:
    """A JSON value without its secrets, with marks that have no tags."""
    return _UNTAGGED.value(value)


def redact_text(text: str) -> str:
    """Text without its secrets, with marks that have no tags."""
    return _UNTAGGED.text(text)
