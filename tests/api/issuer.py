"""An OpenID Connect issuer on loopback: its keys over real HTTP, and tokens signed with them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

NAME, AUDIENCE = "https://login.example", "workbench"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Issuer:
    """Publishes the public halves of ``keys`` by their ids; ``asked`` counts how often."""

    def __init__(self) -> None:
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

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if issuer.broken:
                self.send_error(500)
                return
            body = issuer.document()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        issuer.url = f"http://127.0.0.1:{listening.server_port}/keys"
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield issuer
        finally:
            listening.shutdown()
            thread.join()
