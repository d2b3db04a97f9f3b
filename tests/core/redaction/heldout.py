"""The corpus of issuers' formats and tools' lines, filled from one seed."""

from __future__ import annotations

import base64
import gzip
import json

from tests.core.redaction.generated import Leak, Source
from tests.core.redaction.issuers import BARE, ISSUED, SELF_EVIDENT
from tests.core.redaction.tools import KEYS, PASSWORDS

SEED = 20261122


def wild(each: int = 3) -> list[Leak]:
    """Every format in every place it stands in, ``each`` times; every tool's line ``each`` times."""
    s = Source(SEED)
    found: list[Leak] = []
    for _ in range(each):
        for issued in ISSUED:
            places = issued.places + (BARE if issued.shape in SELF_EVIDENT else ())
            found += [_leak(issued.shape, place, issued.make(s), s) for place in places]
        for shape, places in PASSWORDS.items():
            found += [_leak(shape, place, password(s), s) for place in places]
        for shape, places in KEYS.items():
            found += [_leak(shape, place, key(s), s) for place in places]
        found += blocks(s)
    return found


def password(s: Source) -> str:
    """As people and generators choose them."""
    word = s.pick(
        "tiger", "Sommer", "changeme", "P@ssw0rd".replace("@", "a"), "kube", "qwerty", "Passw0rd"
    )
    return s.pick(
        s.alnum(s.number(12) + 10), word + str(s.number(9000) + 1000), f"{word}-{s.hex(4)}",
        f"{word}_{s.number(99) + 10}!", s.of("abcdefghijklmnopqrstuvwxyz", 4) + f"-{s.hex(5)}-{s.hex(3)}",
    )  # fmt: skip


def key(s: Source) -> str:
    return s.pick(
        s.alnum(32), s.alnum(40), s.hex(32), s.hex(64), s.of("ABCDEFGHIJ", 2) + s.alnum(43)
    )


def blocks(s: Source) -> list[Leak]:
    """Secrets that take more than a line, or are packed."""
    kind = s.pick(
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
    )
    body = s.pem()
    block = f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"
    indented = block.replace("\n", "\n    ")
    first = body.split("\n")[0]
    packed = base64.b64encode(block.encode()).decode()
    account = {"type": "service_account", "private_key_id": s.hex(40), "private_key": block + "\n"}
    word, token = password(s), s.alnum(40)
    auth = base64.b64encode(f"bot:{word}".encode()).decode()
    old = {"https://index.docker.io/v1/": {"username": "bot", "password": word, "auth": auth}}
    new = {"auths": {"registry.example": {"username": "bot", "password": word, "auth": auth}}}
    release = base64.b64encode(gzip.compress(token.encode() * 9, mtime=0)).decode()
    putty = f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n{s.alnum(64)}"
    kubeconfig = {"users": [{"name": "me", "user": {"token": token, "client-key-data": packed}}]}
    ecr = base64.b64encode(
        json.dumps({"payload": token, "datakey": token, "version": "2"}).encode()
    ).decode()
    return [
        Leak("pem-indented", f"  tls.key: |\n    {indented}\n  other: x", first),
        Leak("pem-yaml-escaped", f'key: "{block.replace(chr(10), chr(92) + "n")}"', first),
        Leak("pem-json-log", json.dumps({"msg": f"loaded {block}"}), first),
        Leak("pem-json-in-json", json.dumps({"log": json.dumps({"k": block})}), first),
        Leak("pem-base64", f"  value: {packed}", packed),
        Leak("pem-base64-log", f"level=debug msg=key data={packed}", packed),
        Leak("gcp-account", json.dumps(account, indent=2), first),
        Leak("gcp-account-base64", "GOOGLE_CREDENTIALS=" + base64.b64encode(json.dumps(account).encode()).decode(), packed[:1] and base64.b64encode(json.dumps(account).encode()).decode()),
        Leak("putty", putty, putty.split("\n")[-1]),
        Leak("pgp", f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{body}\n-----END PGP PRIVATE KEY BLOCK-----", first),
        Leak("docker-old", json.dumps(old), auth), Leak("docker-old-word", json.dumps(old), word),
        Leak("docker-old-packed", "  .dockercfg: " + base64.b64encode(json.dumps(old).encode()).decode(), base64.b64encode(json.dumps(old).encode()).decode()),
        Leak("docker-new", f"cat ~/.docker/config.json\n{json.dumps(new, indent=1)}", auth),
        Leak("docker-new-log", f"level=debug msg=\"pull\" config={json.dumps(json.dumps(new))}", auth),
        Leak("helm", f"release: {base64.b64encode(release.encode()).decode()}", base64.b64encode(release.encode()).decode()),
        Leak("helm-once", f"sh.helm.release.v1.shop.v1: {release}", release),
        Leak("kubeconfig", json.dumps(kubeconfig), token), Leak("kubeconfig-key", json.dumps(kubeconfig), packed),
        Leak("ecr", f"aws ecr get-login-password\n{ecr}", ecr),
    ]  # fmt: skip


def _leak(shape: str, place: str, secret: str, s: Source) -> Leak:
    return Leak(shape, filled(place, s).replace("@@", secret), secret)


def filled(place: str, s: Source) -> str:
    """The place with its ordinary values."""
    for hole, make in (
        ("@pod@", s.pod), ("@ip@", s.address), ("@uid@", s.uid), ("@time@", s.moment),
        ("@hex32@", lambda: s.hex(32)), ("@hex@", lambda: s.hex(64)),
    ):  # fmt: skip
        if hole in place:
            place = place.replace(hole, make())
    return place
