"""From what a request carries to who sent it: a token of ours, a JWT, or a proxy that vouches."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import jwt
import msgspec
from starlette.datastructures import Headers

from workbench.api.principals import Principal, Role
from workbench.errors import NotSignedIn

COOKIE = "workbench_token"
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA")
"""What an issuer may sign with. Never ``none``, and HS256 only with a secret of our own."""
LEEWAY_SECONDS = 30
MAX_TOKEN = 16_384


class Presented(msgspec.Struct, frozen=True):
    """What came with a request. ``token`` is the bearer token, or the cookie; ``peer`` the address
    the connection came from, "" when unknown."""

    token: str
    headers: Headers
    peer: str


class Credential(Protocol):
    """One way to prove who one is."""

    async def check(self, presented: Presented) -> Principal | None:
        """Who it is, or None when this is not the way they came. Raises NotSignedIn when it is, and
        is not valid."""


class OwnToken:
    """The random token of a workbench that one person runs for themselves."""

    def __init__(self, token: str, principal: Principal) -> None:
        self._token = token.encode()
        self._principal = principal

    async def check(self, presented: Presented) -> Principal | None:
        given = presented.token.encode(errors="replace")
        return self._principal if hmac.compare_digest(given, self._token) else None


class SignedToken:
    """A JSON Web Token. Signature, expiry, audience and issuer are all required.

    secret: for HS256 tokens of our own; jwks_url: where the issuer publishes its keys.
    roles: from words in the token's ``roles`` or ``groups`` claim to roles.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        roles: dict[str, Role],
        fallback: Role,
        secret: str = "",
        jwks_url: str = "",
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._roles = roles
        self._fallback = fallback
        self._secret = secret
        self._keys = jwt.PyJWKClient(jwks_url, cache_keys=True, timeout=5) if jwks_url else None

    async def check(self, presented: Presented) -> Principal | None:
        if presented.token.count(".") != 2 or len(presented.token) > MAX_TOKEN:
            return None
        try:
            claims = await asyncio.to_thread(self._claims, presented.token)
        except jwt.PyJWTError as error:
            raise NotSignedIn(f"The token is not valid: {error}.", "Sign in again.") from error
        name = claims.get("email") or claims["sub"]
        return Principal(name=str(name), role=highest(_words(claims), self._roles, self._fallback))

    def _claims(self, token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(token).get("alg") == "HS256":
            key: Any = self._secret
            algorithms = ["HS256"] if self._secret else []
        else:
            key = self._keys.get_signing_key_from_jwt(token).key if self._keys else None
            algorithms = list(ALGORITHMS) if self._keys else []
        if not algorithms:
            raise jwt.InvalidAlgorithmError("tokens signed like this are not accepted")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "aud", "iss", "sub"]},
        )
        return claims


class ProxyHeaders:
    """A proxy in front that has signed people in. Believed only from its own addresses.

    networks: addresses or CIDR ranges of the proxy.
    """

    def __init__(
        self,
        networks: Sequence[str],
        *,
        user_header: str,
        groups_header: str,
        roles: dict[str, Role],
        fallback: Role,
    ) -> None:
        self._networks = [ipaddress.ip_network(n, strict=False) for n in networks]
        self._user_header = user_header
        self._groups_header = groups_header
        self._roles = roles
        self._fallback = fallback

    async def check(self, presented: Presented) -> Principal | None:
        name = presented.headers.get(self._user_header, "").strip()
        if not name or not self._is_proxy(presented.peer):
            return None
        groups = presented.headers.get(self._groups_header, "").split(",")
        words = [group.strip() for group in groups]
        return Principal(name=name, role=highest(words, self._roles, self._fallback))

    def _is_proxy(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def highest(words: Iterable[str], roles: dict[str, Role], fallback: Role) -> Role:
    """The highest role among those the words stand for."""
    return max((roles[word] for word in words if word in roles), default=fallback)


def _words(claims: dict[str, Any]) -> list[str]:
    found = [claims.get("roles") or [], claims.get("groups") or []]
    return [str(word) for words in found if isinstance(words, list) for word in words]
