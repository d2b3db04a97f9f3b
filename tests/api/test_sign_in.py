"""Signed tokens against an issuer that really serves its keys, and who is let in by them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import jwt
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.api import issuer as issuers
from tests.api.issuer import AUDIENCE, NAME, Issuer, claims
from workbench.api.credentials import SignedToken
from workbench.api.guard import Guard
from workbench.api.principals import Role

ROLES = {"oncall": Role.OPERATOR, "admins": Role.ADMIN}
NOW = int(time.time())
OTHER = issuers.made("RS256")
"""A key of somebody who is not the issuer."""
OTHER_CURVE = issuers.made("ES256")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    principal = Request(scope).state.principal
    answer = {"name": principal.name, "role": principal.role.name}
    await JSONResponse(answer)(scope, receive, send)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuers.serving() as found:
        found.add("rsa")
        found.add("curve", "ES256")
        found.add("encryption", use="enc")
        yield found


def door(issuer: Issuer, **more: Any) -> httpx2.AsyncClient:
    credential = SignedToken(
        issuer=NAME, audience=AUDIENCE, roles=ROLES, fallback=Role.VIEWER, jwks_url=issuer.url,
        **more,
    )  # fmt: skip
    transport = httpx2.ASGITransport(app=Guard(echo, [credential]))
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1")


@pytest.fixture
async def client(issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    async with door(issuer) as made:
        yield made


async def shown(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.get("/x", headers={"Authorization": f"Bearer {token}"})


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], body: Any, key: bytes) -> str:
    """Signed with HMAC, as PyJWT refuses to when the key is somebody's public key."""
    signed = f"{part(header)}.{part(body)}"
    return f"{signed}.{part(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def swapped(token: str, at: int, value: Any) -> str:
    parts = token.split(".")
    parts[at] = part(value)
    return ".".join(parts)


def public(i: Issuer) -> bytes:
    return issuers.pem(i.keys["rsa"][0])


def embedded(i: Issuer, key: issuers.Key, algorithm: str, **header: Any) -> str:
    return jwt.encode(claims(), key, algorithm, {"kid": "rsa", **header})


ATTACKS: dict[str, Callable[[Issuer], str]] = {
    "alg none": lambda i: f"{part({'alg': 'none', 'kid': 'rsa'})}.{part(claims())}.",
    "alg None": lambda i: f"{part({'alg': 'None', 'kid': 'rsa'})}.{part(claims())}.",
    "alg empty": lambda i: f"{part({'alg': '', 'kid': 'rsa'})}.{part(claims())}.",
    "alg missing": lambda i: f"{part({'kid': 'rsa'})}.{part(claims())}.c2ln",
    "alg a list": lambda i: f"{part({'alg': ['RS256'], 'kid': 'rsa'})}.{part(claims())}.c2ln",
    "alg a number": lambda i: f"{part({'alg': 256, 'kid': 'rsa'})}.{part(claims())}.c2ln",
    "HS256 with the public key": lambda i: by_hand({"alg": "HS256", "kid": "rsa"}, claims(), public(i)),
    "HS256 with the public key, no kid": lambda i: by_hand({"alg": "HS256"}, claims(), public(i)),
    "HS512 with the public key": lambda i: by_hand({"alg": "HS512", "kid": "rsa"}, claims(), public(i)),
    "HS256 with no key": lambda i: by_hand({"alg": "HS256", "kid": "rsa"}, claims(), b""),
    "HS256 with the kid": lambda i: by_hand({"alg": "HS256", "kid": "rsa"}, claims(), b"rsa"),
    "an RSA token that says ES256": lambda i: swapped(i.token("rsa"), 0, {"alg": "ES256", "kid": "rsa"}),
    "a curve token that says RS256": lambda i: swapped(i.token("curve", "ES256"), 0, {"alg": "RS256", "kid": "curve"}),
    "another algorithm than the key's": lambda i: i.token("rsa", "RS512"),
    "PS256 with an RS256 key": lambda i: i.token("rsa", "PS256"),
    "signed by somebody else": lambda i: jwt.encode(claims(), OTHER, "RS256", {"kid": "rsa"}),
    "signed by another curve": lambda i: jwt.encode(claims(), OTHER_CURVE, "ES256", {"kid": "curve"}),
    "unknown kid": lambda i: jwt.encode(claims(), OTHER, "RS256", {"kid": "unknown"}),
    "no kid": lambda i: jwt.encode(claims(), i.keys["rsa"][0], "RS256"),
    "kid of another key": lambda i: jwt.encode(claims(), i.keys["rsa"][0], "RS256", {"kid": "curve"}),
    "kid a path": lambda i: embedded(i, OTHER, "RS256", kid="../../../../dev/null"),
    "kid an injection": lambda i: embedded(i, OTHER, "RS256", kid="x' union select 'k"),
    "kid a number": lambda i: f"{part({'alg': 'RS256', 'kid': 1})}.{part(claims())}.c2ln",
    "kid null": lambda i: f"{part({'alg': 'RS256', 'kid': None})}.{part(claims())}.c2ln",
    "an embedded jwk": lambda i: embedded(i, OTHER, "RS256", jwk=issuers.published(OTHER, "rsa", {})),
    "an embedded jwk with its kid": lambda i: embedded(i, OTHER, "RS256", kid="mine", jwk=issuers.published(OTHER, "mine", {})),
    "a jku of their own": lambda i: embedded(i, OTHER, "RS256", jku="http://127.0.0.1:9/keys"),
    "an x5u of their own": lambda i: embedded(i, OTHER, "RS256", x5u="http://127.0.0.1:9/cert"),
    "an x5c of their own": lambda i: embedded(i, OTHER, "RS256", x5c=["MIIB"]),
    "a key for encryption": lambda i: i.token("encryption"),
    "crit": lambda i: i.token("rsa", header={"crit": ["exp"]}),
    "a logout token": lambda i: i.token("rsa", header={"typ": "logout+jwt"}),
    "a proof of possession": lambda i: i.token("rsa", header={"typ": "dpop+jwt"}),
    "expired": lambda i: i.token("rsa", exp=NOW - 3600),
    "expired at the beginning of time": lambda i: i.token("rsa", exp=0),
    "no expiry": lambda i: i.token("rsa", exp=None),
    "expiry infinite": lambda i: i.token("rsa", exp=float("inf")),
    "expiry no number": lambda i: i.token("rsa", exp="tomorrow"),
    "expiry not a number": lambda i: i.token("rsa", exp=float("nan")),
    "expiry a list": lambda i: i.token("rsa", exp=[NOW + 600]),
    "not yet valid": lambda i: i.token("rsa", nbf=NOW + 3600),
    "issued in the future": lambda i: i.token("rsa", iat=NOW + 3600),
    "no audience": lambda i: i.token("rsa", aud=None),
    "another audience": lambda i: i.token("rsa", aud="another"),
    "other audiences": lambda i: i.token("rsa", aud=["a", "b"]),
    "audience begins the same": lambda i: i.token("rsa", aud="workbench.evil.example"),
    "audience empty": lambda i: i.token("rsa", aud=[]),
    "audience a mapping": lambda i: i.token("rsa", aud={"workbench": True}),
    "no issuer": lambda i: i.token("rsa", iss=None),
    "another issuer": lambda i: i.token("rsa", iss="https://evil.example"),
    "issuer begins the same": lambda i: i.token("rsa", iss="https://login.example.evil.example"),
    "issuer with a slash": lambda i: i.token("rsa", iss=NAME + "/"),
    "no subject": lambda i: i.token("rsa", sub=None),
    "subject a mapping": lambda i: by_hand({"alg": "RS256", "kid": "rsa"}, claims(sub={}), b"x"),
    "no name": lambda i: i.token("rsa", sub="", email=None),
    "a name with control characters": lambda i: i.token("rsa", email="ann\x1b[2J@example.com"),
    "a name that turns around": lambda i: i.token("rsa", email="ann\u202egro.elpmaxe"),
    "a name of a program": lambda i: i.token("rsa", email="token:ci"),
    "a very long name": lambda i: i.token("rsa", email="a" * 300),
    "changed claims": lambda i: swapped(i.token("rsa"), 1, claims(groups=["admins"])),
    "claims no mapping": lambda i: swapped(i.token("rsa"), 1, [1]),
    "claims no JSON": lambda i: swapped(i.token("rsa"), 1, b"\xff\xfe"),
    "header no JSON": lambda i: swapped(i.token("rsa"), 0, b"{"),
    "header a list": lambda i: swapped(i.token("rsa"), 0, [1]),
    "deep JSON": lambda i: swapped(i.token("rsa"), 1, b"[" * 5_000),
    "a cut signature": lambda i: i.token("rsa")[:-10],
    "no signature": lambda i: i.token("rsa").rpartition(".")[0] + ".",
    "two parts": lambda i: i.token("rsa").rpartition(".")[0],
    "four parts": lambda i: i.token("rsa") + ".x",
    "not base64": lambda i: "%%%.%%%.%%%",
    "empty parts": lambda i: "..",
    "a huge one": lambda i: "a." + "b" * 20_000 + ".c",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_token_that_is_not_right_in_every_way_lets_nobody_in(
    client: httpx2.AsyncClient, issuer: Issuer, attack: str
) -> None:
    answer = await shown(client, ATTACKS[attack](issuer))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= 40


@pytest.mark.parametrize(("kid", "algorithm"), [("rsa", "RS256"), ("curve", "ES256")])
async def test_a_good_token_lets_its_person_in(
    client: httpx2.AsyncClient, issuer: Issuer, kid: str, algorithm: str
) -> None:
    answer = await shown(client, issuer.token(kid, algorithm))
    assert answer.json() == {"name": "ann@example.com", "role": "OPERATOR"}


async def test_a_secret_of_our_own_does_not_open_the_issuers_door(issuer: Issuer) -> None:
    """With both configured, each algorithm has one key and no other."""
    async with door(issuer, secret="s" * 64) as client:
        assert (await shown(client, issuer.token("rsa"))).status_code == 200
        own = by_hand({"alg": "HS256"}, claims(), b"s" * 64)
        assert (await shown(client, own)).status_code == 200
        confused = by_hand({"alg": "HS256", "kid": "rsa"}, claims(), public(issuer))
        assert (await shown(client, confused)).status_code == 401


async def test_an_unverified_address_is_not_who_they_are(
    client: httpx2.AsyncClient, issuer: Issuer
) -> None:
    token = issuer.token("rsa", email="boss@example.com", email_verified=False)
    assert (await shown(client, token)).json()["name"] == "ann"


async def test_groups_that_mean_nothing_here_give_the_least(
    client: httpx2.AsyncClient, issuer: Issuer
) -> None:
    token = issuer.token("rsa", groups=["ADMINS", "admin", "*", "oncall "])
    assert (await shown(client, token)).json()["role"] == "VIEWER"


async def test_new_keys_come_and_withdrawn_ones_go() -> None:
    with issuers.serving() as issuer:
        issuer.add("old")
        old = issuer.token("old")
        async with door(issuer, rotation_seconds=0) as client:
            assert (await shown(client, old)).status_code == 200
            issuer.add("new")
            assert (await shown(client, issuer.token("new"))).status_code == 200
            del issuer.keys["old"]
            await shown(client, jwt.encode(claims(), OTHER, "RS256", {"kid": "makes it ask"}))
            assert (await shown(client, old)).status_code == 401


async def test_unknown_keys_do_not_make_us_ask_the_issuer_each_time() -> None:
    with issuers.serving() as issuer:
        issuer.add("rsa")
        async with door(issuer) as client:
            assert (await shown(client, issuer.token("rsa"))).status_code == 200
            for number in range(20):
                token = jwt.encode(claims(), OTHER, "RS256", {"kid": f"made up {number}"})
                assert (await shown(client, token)).status_code == 401
        assert issuer.asked <= 2


async def test_an_issuer_that_does_not_answer_lets_nobody_in_and_says_so() -> None:
    with issuers.serving() as issuer:
        issuer.add("rsa")
        issuer.broken = True
        async with door(issuer) as client:
            answer = await shown(client, issuer.token("rsa"))
    assert (answer.status_code, answer.json()["type"]) == (503, "issuer-unavailable")
    assert int(answer.headers["retry-after"]) > 0
