"""What an OpenID Connect issuer says of itself (OpenID Connect Discovery 1.0, 4)."""

from __future__ import annotations

import json
import time
import urllib.request
from http.client import HTTPException
from typing import Any

from workbench.errors import IssuerUnavailable

PATH = "/.well-known/openid-configuration"
ISSUER_SECONDS = 5
"""How long an issuer may take to answer."""
MAX_BYTES = 1_048_576


class Description:
    """The description that an issuer publishes below its own name.

    again_seconds: after an answer that was of no use, how long before it is asked again.
    """

    def __init__(self, issuer: str, again_seconds: float) -> None:
        self._issuer = issuer
        self._again_seconds = again_seconds
        self._failed_at = -again_seconds

    def keys(self) -> str:
        """Where its keys are. Raises IssuerUnavailable where it does not say, or speaks of another
        issuer."""
        if time.monotonic() - self._failed_at < self._again_seconds:
            raise unavailable()
        try:
            return self._keys(_fetched(self._issuer))
        except (OSError, HTTPException, ValueError) as error:
            self._failed_at = time.monotonic()
            raise unavailable() from error

    def _keys(self, said: Any) -> str:
        """Raises ValueError. What is fetched in the clear could be anybody's (4.3 of the same)."""
        if not isinstance(said, dict) or said.get("issuer") != self._issuer:
            raise ValueError("the description is that of another issuer")
        keys, encrypted = said.get("jwks_uri"), self._issuer.startswith("https://")
        schemes = ("https://",) if encrypted else ("https://", "http://")
        if not isinstance(keys, str) or not keys.startswith(schemes):
            raise ValueError("the description does not say where the keys are")
        return keys


def _fetched(issuer: str) -> Any:
    if not issuer.startswith(("https://", "http://")):
        raise ValueError("the issuer has no address")
    address = issuer.rstrip("/") + PATH
    with urllib.request.urlopen(address, timeout=ISSUER_SECONDS) as answer:  # noqa: S310 - https
        return json.loads(answer.read(MAX_BYTES))


def unavailable() -> IssuerUnavailable:
    return IssuerUnavailable(
        "Whoever signs tokens does not answer, so that none can be checked.",
        "Try again in a moment.",
    )
