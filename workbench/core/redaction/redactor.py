"""Secrets taken out of JSON values by structure, and of text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from workbench.core.redaction import added
from workbench.core.redaction.layout import decoded, laid_out
from workbench.core.redaction.marks import Mark, is_mark, mark, tagged
from workbench.core.redaction.names import (
    HEADERS,
    LAST_APPLIED,
    is_object_name,
    is_placeholder,
    names_a_secret,
    variable_holds_a_secret,
)
from workbench.core.redaction.structure import suspicion, suspicion_of_text
from workbench.core.redaction.text import FreeText

MAX_DEPTH = 200
SHORTEST = 8
"""No format of free text is shorter than this (``pwd=1234``)."""

_PRETESTED = (0, 2)
"""Depths at which a value is asked as a whole: the value itself, and the items of a list."""

_DATA = ("data", "stringData", "binaryData")
_FLAG = re.compile(r"--?[\w.-]+")
_DOCKER_AUTH = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")


class _Place(msgspec.Struct, frozen=True):
    """Where in a value the walk is. texts: whether strings here could hold secrets."""

    depth: int = 0
    in_secret: bool = False
    texts: bool = True

    def inside(self, *, in_secret: bool) -> _Place:
        return _Place(self.depth + 1, in_secret, self.texts)


class Redactor:
    """Takes secrets out. With a key, marks carry a tag that equal secrets share."""

    def __init__(self, key: bytes | None = None) -> None:
        self._mark: Mark = tagged(key) if key else mark
        self._free = FreeText(self._mark)

    def value(self, value: Any) -> Any:
        """A JSON value without its secrets: the same keys and shapes."""
        clean, further = self._redacted(value, _Place()), added.detectors()
        return added.redact_value(clean, self._mark, further) if further else clean

    def text(self, text: str) -> str:
        """Text without its secrets. JSON goes by structure, YAML and the rest by pattern."""
        clean, further = self._text(text), added.detectors()
        return added.redact_text(clean, self._mark, further) if further else clean

    def _text(self, text: str) -> str:
        if text.lstrip()[:1] in ("{", "["):
            if not any(suspicion_of_text(text)):
                return text
            clean = self._json(text)
            return self._free.redact(text) if clean is None else clean
        return self._free.redact(text)

    def _json(self, text: str) -> str | None:
        """None when it is not JSON."""
        value = decoded(text)
        if value is None:
            return None
        clean = self._redacted(value, _Place())
        return text if clean == value else laid_out(clean, text)

    def _redacted(self, value: Any, place: _Place) -> Any:
        if isinstance(value, str):
            return self._text(value) if place.texts and len(value) >= SHORTEST else value
        if not isinstance(value, (list, tuple, dict)):
            return value
        if place.depth in _PRETESTED and not place.in_secret:
            suspected = suspicion(value)
            if not any(suspected):
                return value
            place = msgspec.structs.replace(place, texts=suspected.texts)
        if place.depth > MAX_DEPTH:
            return self._mark("too-deep", "")
        return self._dict(value, place) if isinstance(value, dict) else self._list(value, place)

    def _list(self, value: Sequence[Any], place: _Place) -> list[Any]:
        """A list; in ``["--password", "x"]`` the second is what the first says."""
        inside = place.inside(in_secret=place.in_secret)
        clean: list[Any] = []
        flagged = False
        for item in value:
            if flagged and isinstance(item, str) and not is_placeholder(item):
                clean.append(self._mark("argument", item))
            else:
                clean.append(self._redacted(item, inside))
            flagged = isinstance(item, str) and bool(_FLAG.fullmatch(item)) and names_a_secret(item)
        return clean

    def _dict(self, value: dict[str, Any], place: _Place) -> dict[str, Any]:
        in_secret = place.in_secret or value.get("kind") in ("Secret", "SecretList")
        name = value.get("name", value.get("key"))
        held = isinstance(name, str) and variable_holds_a_secret(name)
        plain, secret = place.inside(in_secret=False), place.inside(in_secret=in_secret)
        return {
            key: self._emptied(item)
            if in_secret and key in _DATA
            else self._member(
                str(key), item, secret if key in ("items", "kind") else plain, held=held
            )
            for key, item in value.items()
        }

    def _member(self, key: str, item: Any, place: _Place, *, held: bool) -> Any:
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
        return self._redacted(item, place)

    def _emptied(self, item: Any) -> Any:
        if isinstance(item, dict):
            return {k: self._secret_data(v) for k, v in item.items()}
        return None if item is None else self._secret_data(item)

    def _secret_data(self, value: Any) -> Any:
        return value if is_mark(value) else self._mark("secret-data", _plain(value))


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


_UNTAGGED = Redactor()


def redact_value(value: Any) -> Any:
    """A JSON value without its secrets, with marks that have no tags."""
    return _UNTAGGED.value(value)


def redact_text(text: str) -> str:
    """Text without its secrets, with marks that have no tags."""
    return _UNTAGGED.text(text)
