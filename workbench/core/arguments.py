"""Whether a tool's arguments fit its input schema, said so that the caller can put it right.

This is an early, friendly check and not a validator: it knows the JSON Schema keywords that tools
use (draft 2020-12: type, enum, const, required, properties, additionalProperties, items, anyOf,
oneOf, allOf, local $ref, bounds of numbers and lengths) and leaves everything else to the server,
which has the last word.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 20

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


def wrong_arguments(schema: dict[str, Any], arguments: dict[str, Any]) -> tuple[str, ...]:
    """One sentence per thing that is wrong; empty when nothing is."""
    return tuple(_Checker(schema).check(schema, arguments, "", 0))


class _Checker:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root

    def check(self, schema: Any, value: Any, path: str, depth: int) -> Iterator[str]:
        schema = self._resolved(schema)
        if not isinstance(schema, dict) or depth > MAX_DEPTH:
            return
        where = f"`{path}`" if path else "the arguments"
        if "type" in schema and not _has_type(value, schema["type"]):
            yield f"{where} must be {_words(schema['type'])}, not {_shown(value)}."
            return
        yield from _choices(schema, value, where)
        yield from _bounds(schema, value, where)
        yield from self._combined(schema, value, path, where, depth)
        if isinstance(value, dict):
            yield from self._members(schema, value, path, depth)
        elif isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                yield from self.check(schema["items"], item, f"{path}[{index}]", depth + 1)

    def _members(
        self, schema: dict[str, Any], value: dict[str, Any], path: str, depth: int
    ) -> Iterator[str]:
        known = schema.get("properties") or {}
        prefix = f"{path}." if path else ""
        for name in schema.get("required") or ():
            if name not in value:
                yield f"`{prefix}{name}` is missing."
        for name, item in value.items():
            if name in known:
                yield from self.check(known[name], item, prefix + name, depth + 1)
            elif schema.get("additionalProperties") is False:
                yield f"`{prefix}{name}` is not known{_suggestion(name, known)}"

    def _combined(
        self, schema: dict[str, Any], value: Any, path: str, where: str, depth: int
    ) -> Iterator[str]:
        for part in schema.get("allOf") or ():
            yield from self.check(part, value, path, depth + 1)
        for key in ("anyOf", "oneOf"):
            parts = schema.get(key) or ()
            problems = [tuple(self.check(part, value, path, depth + 1)) for part in parts]
            if problems and all(problems):
                types = [self._resolved(p).get("type", "something else") for p in parts]
                if all(isinstance(t, str) for t in types) and len(set(types)) > 1:
                    yield f"{where} must be {_words(types)}, not {_shown(value)}."
                else:
                    yield min(problems, key=len)[0]

    def _resolved(self, schema: Any) -> Any:
        for _ in range(MAX_DEPTH):
            if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
                return schema
            schema = self._at(schema["$ref"])
        return {}

    def _at(self, ref: str) -> Any:
        found: Any = self._root if ref.startswith("#") else {}
        for step in ref.removeprefix("#").strip("/").split("/"):
            found = found.get(step, {}) if isinstance(found, dict) and step else found
        return found


def _has_type(value: Any, wanted: Any) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    return any(_is(value, name) for name in names)


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return name not in _TYPES or isinstance(value, _TYPES[name])


def _choices(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    allowed = [schema["const"]] if "const" in schema else schema.get("enum")
    if allowed is not None and value not in allowed:
        listed = ", ".join(_shown(a) for a in allowed[:20])
        yield f"{where} must be one of {listed}, not {_shown(value)}."


def _bounds(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            yield f"{where} must be at least {schema['minimum']}, not {value}."
        if "maximum" in schema and value > schema["maximum"]:
            yield f"{where} must be at most {schema['maximum']}, not {value}."
    if isinstance(value, (str, list)):
        word = "Length" if isinstance(value, str) else "Items"
        if len(value) < schema.get(f"min{word}", 0):
            yield f"{where} is too short: {len(value)}, at least {schema[f'min{word}']}."
        if len(value) > schema.get(f"max{word}", len(value)):
            yield f"{where} is too long: {len(value)}, at most {schema[f'max{word}']}."


def _words(types: Any) -> str:
    return types if isinstance(types, str) else " or ".join(dict.fromkeys(types))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _suggestion(name: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known are {', '.join(known)}." if known else "."
