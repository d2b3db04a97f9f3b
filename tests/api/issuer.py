"""An OpenID Connect issuer on loopback: its description, its keys and its sign-in (the code flow)
over real HTTP, and tokens signed with them."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.http_server import Handler, listening

NAME, AUDIENCE = "https://login.example", "workbench"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Issuer:
    """Publishes the public halves of ``keys`` by their ids; ``asked`` counts how often.

    name: the ``iss`` of its tokens. person: the claims of whoever signs in; codes are good once.
    """

    def __init__(self) -> None:
        self.name = NAME
        self.person: dict[str, Any] = {}
        self.described = 0
        self._codes: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, tuple[Key, dict[str, str]]] = {}
        self.asked = 0
        self.broken = False
        self.url = ""

    def add(self, kid: str, algorithm: str = "RS256", **fields: str) -> None:
        self.keys[kid] = (made(algorithm), {"alg": algorithm, "use": "sig", **fields})

    def document(self) -> bytes:
        self.asked += 1
        return json.dumps(
            {"keys": [published(k, kid, f) for kid, (k, f) in self.keys.items()]}
        ).encode()

    def description(self) -> bytes:
        self.described += 1
        base = self.url.removesuffix("/keys")
        return json.dumps({
            "issuer": self.name, "jwks_uri": self.url,
            "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
        }).encode()  # fmt: skip

    def authorized(self, query: dict[str, str]) -> str:
        """Where the browser goes next: back, with a code."""
        code = secrets.token_urlsafe(8)
        self._codes[code] = dict(self.person)
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def redeemed(self, form: dict[str, str]) -> bytes:
        """The ID token for a code, once."""
        person = self._codes.pop(form["code"])
        token = self.token("rsa", iss=self.name, **person)
        return json.dumps({"id_token": token, "token_type": "Bearer"}).encode()

    def token(self, kid: str, algorithm: str = "RS256", /, **changes: Any) -> str:
        """Signed with that key; a claim of None is left out, ``header`` is added to the header."""
        header = {"kid": kid, **changes.pop("header", {})}
        return jwt.encode(claims(**changes), self.keys[kid][0], algorithm, header)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    fields = {
        "sub": "ann", "email": "ann@example.com", "groups": ["oncall"], "iss": NAME,
        "aud": AUDIENCE, "iat": now, "exp": now + 600,
    }  # fmt: skip
    return {k: v for k, v in {**fields, **changes}.items() if v is not None}


def made(algorithm: str) -> Key:
    if algorithm.startswith("ES"):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048)


def published(key: Key, kid: str, fields: dict[str, str]) -> dict[str, Any]:
    kind = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    public: dict[str, Any] = json.loads(kind.to_jwk(key.public_key()))  # type: ignore[arg-type]
    public.pop("key_ops", None)
    return {**public, "kid": kid, **fields}


def pem(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def serving() -> Iterator[Issuer]:
    issuer = Issuer()

    class Issuing(Handler):
        def do_GET(self) -> None:
            if issuer.broken:
                self.send_error(500)
                return
            path, _, query = self.path.partition("?")
            if path == "/authorize":
                self.answer(status=302, Location=issuer.authorized(dict(parse_qsl(query))))
                return
            described = path.endswith("/.well-known/openid-configuration")
            self.answer(issuer.description() if described else issuer.document())

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(issuer.redeemed(dict(parse_qsl(form))))

    with listening(Issuing) as address:
        issuer.url = f"{address}/keys"
        yield issuer
