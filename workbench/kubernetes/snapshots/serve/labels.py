"""Label selectors as the API server parses them (k8s.io/apimachinery, labels.Parse)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from workbench.kubernetes.snapshots.serve.failure import StatusFailure, bad_request

_TOKEN = re.compile(r"\s*(?:(==|!=|[()!,=<>])|([^\s()!,=<>]+))")
_BINARY = ("=", "==", "in", "!=", "notin", ">", "<")
_SPELLED = "in, notin, =, ==, !=, gt, lt"
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_PREFIX_MOST, _NAME_MOST = 253, 63
"""Longest key prefix and longest name or value (Kubernetes API conventions, labels)."""


class Requirement(msgspec.Struct, frozen=True):
    """One term. ``operator`` is one of in, notin, exists, !, > and <."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: dict[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
        return value is not None and _compare(self.operator, value, self.values[0])


def parse(selector: str) -> tuple[Requirement, ...]:
    """The terms of a label selector; none of them means everything.

    Raises StatusFailure (400) for one that cannot be parsed.
    """
    return tuple(_Parser(selector).requirements())


class _Parser:
    """Walks over the tokens of a selector; "" is the end."""

    def __init__(self, selector: str) -> None:
        self._tokens: list[str] = [a or b for a, b in _TOKEN.findall(selector)] + [""]
        self._next = 0

    def requirements(self) -> Iterator[Requirement]:
        if not self._look() or not _starts(self._look()):
            if self._look():
                raise bad_request(
                    f"found '{self._look()}', expected: !, identifier, or 'end of string'"
                )
            return
        while True:
            yield self._requirement()
            after = self._take()
            if not after:
                return
            if after != ",":
                raise bad_request(f"found '{after}', expected: ',' or 'end of string'")
            if not _starts(self._look()):
                raise bad_request(f"found '{self._look()}', expected: identifier after ','")

    def _requirement(self) -> Requirement:
        absent = self._look() == "!"
        if absent:
            self._take()
        key = self._take()
        if not _is_identifier(key):
            raise _unparsable(f"found '{key}', expected: identifier")
        _check_key(key)
        if self._look() in ("", ","):
            return Requirement(key, "!" if absent else "exists")
        operator = self._take()
        if operator not in _BINARY:
            raise _unparsable(f"found '{operator}', expected: {_SPELLED}")
        values = self._values() if operator in ("in", "notin") else (self._value(),)
        return _requirement(key, operator, values)

    def _value(self) -> str:
        if self._look() in ("", ","):
            return ""
        value = self._take()
        if not _is_identifier(value):
            raise _unparsable(f"found '{value}', expected: identifier")
        return value

    def _values(self) -> tuple[str, ...]:
        if self._look() != "(":
            raise _unparsable(f"found '{self._look()}' expected: '('")
        self._take()
        values = [self._listed()]
        while (after := self._take()) == ",":
            values.append(self._listed())
        if after != ")":
            raise _unparsable(f"found '{after}', expected: ',' or ')'")
        return tuple(dict.fromkeys(values))

    def _listed(self) -> str:
        if self._look() in (",", ")"):
            return ""
        if not _is_identifier(self._look()):
            raise _unparsable(f"found '{self._look()}', expected: ',', ')' or identifier")
        return self._take()

    def _look(self) -> str:
        return self._tokens[self._next]

    def _take(self) -> str:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token


def _requirement(key: str, operator: str, values: tuple[str, ...]) -> Requirement:
    if operator in (">", "<"):
        if _integer(values[0]) is None:
            raise _unparsable(
                f"values[0][{key}]: Invalid value: {_quoted(values[0])}: "
                "for 'Gt', 'Lt' operators, the value must be an integer"
            )
        return Requirement(key, operator, values)
    for value in values:
        _check_value(key, value)
    return Requirement(key, "in" if operator in ("=", "==", "in") else "notin", values)


def _compare(operator: str, value: str, bound: str) -> bool:
    left, right = _integer(value), _integer(bound)
    if left is None or right is None:
        return False
    return left > right if operator == ">" else left < right


def _integer(value: str) -> int | None:
    """A 64-bit number, as the API server reads it."""
    return int(value) if re.fullmatch(r"[-+]?[0-9]{1,18}", value) else None


def _starts(token: str) -> bool:
    """Whether a requirement can begin with it."""
    return _is_identifier(token) or token in ("!",)


def _is_identifier(token: str) -> bool:
    return bool(token) and token[0] not in "()!,=<>"


def _check_key(key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    ok = len(name) <= _NAME_MOST and _NAME.match(name)
    if slash:
        ok = ok and len(prefix) <= _PREFIX_MOST and _PREFIX.match(prefix)
    if not ok:
        raise _unparsable(f"key: Invalid value: {_quoted(key)}: not a valid label key")


def _check_value(key: str, value: str) -> None:
    if value and not (len(value) <= _NAME_MOST and _NAME.match(value)):
        raise _unparsable(f"values[0][{key}]: Invalid value: {_quoted(value)}: not a valid label")


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '\\"') + '"'


def _unparsable(why: str) -> StatusFailure:
    return bad_request(f"unable to parse requirement: {why}")
