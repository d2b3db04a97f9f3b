"""How settings are written that are more than a word, and what of it is refused."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

SECRET_BYTES = 32
"""A key at least as long as the hash (RFC 7518, 3.2)."""

T = TypeVar("T")


def _by_commas(value: Any) -> Any:
    return _separated(value, ",")


def _as_in_path(value: Any) -> Any:
    return _separated(value, os.pathsep)


def _separated(value: Any, separator: str) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(separator) if part.strip())


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError as error:
            raise ValueError(f"{one!r} is no address or range of addresses") from error
    return value


def _endpoint(value: str) -> str:
    if value and not (urlsplit(value).hostname and urlsplit(value).port != 0):
        raise ValueError(f"{value!r} is no address like http://localhost:8080")
    return value


def _url_path(value: str) -> str:
    if not re.fullmatch(r"/?([\w.~-]+/)*[\w.~-]*", value, re.ASCII):
        raise ValueError(f"{value!r} is no path like /tools/workbench")
    return value


def _signing_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode()) < SECRET_BYTES:
        raise ValueError(f"it is shorter than {SECRET_BYTES} bytes, and could be guessed")
    return value


def _public_keys(value: dict[str, str]) -> dict[str, str]:
    for name, line in value.items():
        if not re.fullmatch(r"\s*ssh-ed25519 [A-Za-z0-9+/=]+( .*)?\s*", line):
            raise ValueError(f"the key of {name} is no line like `ssh-ed25519 AAAA…`")
    return value


Several = Annotated[tuple[T, ...], NoDecode, BeforeValidator(_by_commas)]
"""In the environment separated by commas."""
Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_as_in_path)]
"""In the environment separated as in PATH."""
Networks = Annotated[Several[str], AfterValidator(_networks)]
"""IP addresses and ranges of them."""
Endpoint = Annotated[str, AfterValidator(_endpoint)]
UrlPath = Annotated[str, AfterValidator(_url_path)]
SigningKey = Annotated[SecretStr, AfterValidator(_signing_key)]
PublicKeys = Annotated[dict[str, str], AfterValidator(_public_keys)]
"""People's names and their keys, a line of an OpenSSH .pub file each."""


def plain(secret: SecretStr | None) -> str:
    """What is kept secret, for those who need it; "" where nothing is set."""
    return secret.get_secret_value() if secret else ""
