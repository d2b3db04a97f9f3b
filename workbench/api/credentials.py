"""From what a request carries to who sent it: a token of ours, a JWT, or a proxy that vouches."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import jwt
import msgspec
from starlette.datastructures import Headers

from workbench.api.addresses import Addresses
from workbench.api.description import ISSUER_SECONDS, Description, unavailable
from workbench.api.principals import Principal, Role
from workbench.errors import NotSignedIn
from workbench.store.service_tokens import PREFIX, ServiceTokens

COOKIE = "workbench_token"
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""What an issuer may sign with. Never ``none``, and HS256 only with a secret of our own."""
TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
"""What a token may call itself (RFC 9068, 2.1): not a logout or a proof-of-possession token."""
LEEWAY_SECONDS = 30
KEYS_SECONDS = 300
"""How long the issuer's keys are believed without asking again: a withdrawn one is out then."""
ROTATION_SECONDS = 5
"""How often a key nobody knows makes us ask the issuer: a new one is in then."""
MAX_TOKEN = 16_384
MAX_NAME = 254
"""Characters of an e-mail address (RFC 5321, 4.5.3.1.3)."""


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


class ServiceToken:
    """A token that an administrator made for a program."""

    def __init__(self, tokens: ServiceTokens, clock: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._clock = clock

    async def check(self, presented: Presented) -> Principal | None:
        if not presented.token.startswith(PREFIX) or len(presented.token) > MAX_TOKEN:
            return None
        found = await self._tokens.check(presented.token, self._clock())
        if found is None:
            raise NotSignedIn("The token is unknown, revoked or expired.", "Ask for another.")
        role = Role.named(found.role)
        return Principal(
            name=f"token:{found.name}",
            role=role,
            policy=found.role,
            program=True,
            scopes=found.scopes,
        )


class SignedToken:
    """A JSON Web Token. Signature, expiry, audience and issuer are all required.

    secret: for HS256 tokens of our own; jwks_url: where the issuer publishes its keys; without
    both, the issuer's own description says where. A key that a token brings along or points to is
    never used.
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
        rotation_seconds: float = ROTATION_SECONDS,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._roles = roles
        self._fallback = fallback
        self._secret = secret
        self._rotation_seconds = rotation_seconds
        self._keys = self._at(jwks_url) if jwks_url else None
        self._description = None if jwks_url or secret else Description(issuer, rotation_seconds)

    async def check(self, presented: Presented) -> Principal | None:
        if presented.token.count(".") != 2 or len(presented.token) > MAX_TOKEN:
            return None
        try:
            header = _header(presented.token)
            key: str | jwt.PyJWK | None = self._key_at_hand(header)
            if key is None:  # a thread may wait its turn with the interpreter for milliseconds
                key = await asyncio.to_thread(self._key, header)
            return self._person(presented.token, key)
        except jwt.PyJWKClientConnectionError as error:
            raise unavailable() from error
        except jwt.PyJWTError as error:
            raise NotSignedIn(f"The token is not valid: {error}.", "Sign in again.") from error
        except (ValueError, TypeError, OverflowError) as error:  # no token that anybody signed
            raise NotSignedIn("The token is not valid.", "Sign in again.") from error

    def _person(self, token: str, key: str | jwt.PyJWK) -> Principal:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["HS256"] if isinstance(key, str) else list(ALGORITHMS),
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "aud", "iss", "sub"]},
        )
        return person(_name(claims), _words(claims), self._roles, self._fallback)

    def _key_at_hand(self, header: dict[str, Any]) -> str | jwt.PyJWK | None:
        """What the token must be signed with, by our choice and not by its own; None where the
        issuer has to be asked."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm == "HS256" and self._secret:
            return self._secret
        if algorithm not in ALGORITHMS or not isinstance(kid, str):
            raise jwt.InvalidAlgorithmError("tokens signed like this are not accepted")
        cache = self._keys.jwk_set_cache if self._keys else None
        known = cache.get() if cache else None
        mine = (k for k in known.keys if k.key_id == kid) if known else ()
        return next((k for k in mine if k.public_key_use in ("sig", None)), None)

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        """The same, asked of the issuer where it is not known."""
        if self._keys is None and self._description:
            self._keys = self._at(self._description.keys())
        if self._keys is None:
            raise jwt.InvalidAlgorithmError("tokens signed like this are not accepted")
        return self._keys.get_signing_key(header["kid"])

    def _at(self, url: str) -> jwt.PyJWKClient:
        return jwt.PyJWKClient(
            url,
            lifespan=KEYS_SECONDS,
            cooldown_duration=self._rotation_seconds,
            timeout=ISSUER_SECONDS,
        )


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
        self._proxies = Addresses(networks)
        self._user_header = user_header
        self._groups_header = groups_header
        self._roles = roles
        self._fallback = fallback

    async def check(self, presented: Presented) -> Principal | None:
        given = presented.headers.getlist(self._user_header)
        if not given or presented.peer not in self._proxies:
            return None
        if len(given) > 1 or not is_name(given[0].strip()):
            raise NotSignedIn("The proxy does not name one person.", "Look at its settings.")
        groups = presented.headers.get(self._groups_header, "").split(",")
        words = [group.strip() for group in groups]
        return person(given[0].strip(), words, self._roles, self._fallback)


def highest(words: Iterable[str], roles: dict[str, Role], fallback: Role) -> Role:
    """The highest role among those the words stand for."""
    return max((roles[word] for word in words if word in roles), default=fallback)


def person(
    name: str, words: Iterable[str], roles: dict[str, Role], fallback: Role, *, kernel: bool = False
) -> Principal:
    """Somebody with the highest role that their words (groups, roles) stand for."""
    known = tuple(sorted({word for word in words if word in roles}))
    role = highest(known, roles, fallback)
    return Principal(name=name, role=role, policy=role.name.lower(), groups=known, kernel=kernel)


def is_name(text: str) -> bool:
    """Whether a person may be called that: it goes into the record and onto screens."""
    return 0 < len(text) <= MAX_NAME and text.isprintable() and not text.startswith("token:")


def _header(token: str) -> dict[str, Any]:
    """Raises InvalidTokenError for a token that is for something else than signing in."""
    header = jwt.get_unverified_header(token)
    kind = header.get("typ")
    if "crit" in header or (kind.lower() if isinstance(kind, str) else kind) not in TYPES:
        raise jwt.InvalidTokenError("it is not a token to sign in with")
    return header


def _name(claims: dict[str, Any]) -> str:
    """Their e-mail address unless the issuer says that it was not verified."""
    email = claims.get("email")
    verified = claims.get("email_verified", True) is True
    name = email if isinstance(email, str) and email and verified else claims["sub"]
    if not isinstance(name, str) or not is_name(name):
        raise jwt.InvalidTokenError("it does not name a person")
    return name


def _words(claims: dict[str, Any]) -> list[str]:
    found = [claims.get("roles") or [], claims.get("groups") or []]
    return [str(word) for words in found if isinstance(words, list) for word in words]
