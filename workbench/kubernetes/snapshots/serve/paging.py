"""limit and continue: a long list in pieces, each of them from the same frozen moment."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.failure import bad_request, expired

_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 (a format's name)


class _Continue(msgspec.Struct):
    """What a continue token holds: the list's resourceVersion and how many were given."""

    v: str
    rv: int
    given: int


def page(
    found: Sequence[Tree], query: QueryParams, resource_version: int
) -> tuple[Sequence[Tree], dict[str, Any]]:
    """One piece of the list and its ListMeta.

    Raises StatusFailure: 400 for a limit or token that is none, 410 for another snapshot's token.
    """
    limit = integer(query.get("limit", ""))
    token = query.get("continue", "")
    start = _start(token, resource_version) if token else 0
    meta: dict[str, Any] = {"resourceVersion": str(resource_version)}
    if not limit or limit < 0 or (query.get("resourceVersion") == "0" and not token):
        return found[start:], meta  # the watch cache, asked with "0", gives everything at once
    end = start + limit
    if end < len(found):
        given = _Continue(_TOKEN_VERSION, resource_version, end)
        meta["continue"] = base64.urlsafe_b64encode(msgspec.json.encode(given)).decode().rstrip("=")
        if not query.get("labelSelector") and not query.get("fieldSelector"):
            meta["remainingItemCount"] = len(found) - end
    return found[start:end], meta


def integer(value: str) -> int | None:
    """A query parameter as a number; None when it is not given.

    Raises StatusFailure (400) in the words of Go's parser.
    """
    if not value:
        return None
    try:
        if not value.isascii() or value != value.strip() or "_" in value:
            raise ValueError(value)
        return int(value)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None


def is_true(value: str | None) -> bool:
    """A query parameter as a flag: anything but absent, false and 0 is true."""
    return value is not None and value.lower() not in ("false", "0")


def _start(token: str, resource_version: int) -> int:
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        found = msgspec.json.decode(data, type=_Continue)
    except (binascii.Error, ValueError) as error:  # msgspec's errors are ValueErrors
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    if found.v != _TOKEN_VERSION or found.given < 0:
        raise bad_request("invalid continue token: continue key is not valid: unknown version")
    if found.rv != resource_version:
        raise expired(
            "The provided continue parameter is too old to display a consistent list result. "
            "You must start a new list without the continue parameter."
        )
    return found.given
