"""The two review requests that kubectl sends as protobuf whatever the server offers.

Only their few string fields are read (k8s.io/api/authorization/v1/generated.proto and
k8s.io/apimachinery, runtime.Unknown); everything else is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAGIC = b"k8s\x00"
"""What a Kubernetes protobuf body begins with."""

_RESOURCE = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource"}
_RESOURCE |= {6: "subresource", 7: "name"}
_NON_RESOURCE = {1: "path", 2: "verb"}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


def review_spec(body: bytes) -> dict[str, Any]:
    """The spec of a SelfSubjectAccessReview or SelfSubjectRulesReview.

    Raises ``ValueError`` for a body that is not protobuf.
    """
    envelope = dict(_fields(body.removeprefix(MAGIC)))
    spec = dict(_fields(dict(_fields(envelope.get(2, b""))).get(2, b"")))
    asked: dict[str, Any] = {}
    for number, name, names in (
        (1, "resourceAttributes", _RESOURCE),
        (2, "nonResourceAttributes", _NON_RESOURCE),
    ):
        if number in spec:
            asked[name] = _texts(spec[number], names)
    return asked


def _texts(message: bytes, names: dict[int, str]) -> dict[str, str]:
    try:
        fields = list(_fields(message))
    except ValueError:  # the rules review has a plain string here
        return {}
    return {names[n]: v.decode("utf-8", "replace") for n, v in fields if n in names and v}


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, bytes) of the length-delimited fields of a message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == _BYTES:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise ValueError("cut off")
            yield key >> 3, message[at : at + size]
            at += size
        elif wire == _VARINT:
            _, at = _varint(message, at)
        elif wire in _FIXED_SIZES:
            at += _FIXED_SIZES[wire]
        else:
            raise ValueError(f"unknown wire type {wire}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    raise ValueError("cut off")
