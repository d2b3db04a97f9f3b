"""Names, uids and numbers that look random and are the same every time."""

from __future__ import annotations

import hashlib
import uuid

# Kubernetes apimachinery, util/rand: vowels and look-alikes are left out.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def digest(*parts: object) -> bytes:
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()


def number(low: int, high: int, *parts: object) -> int:
    """A number from ``low`` to ``high``, both included."""
    return low + int.from_bytes(digest(*parts)[:6], "big") % (high - low + 1)


def choice(options: tuple[str, ...], *parts: object) -> str:
    return options[number(0, len(options) - 1, *parts)]


def uid(*parts: object) -> str:
    return str(uuid.UUID(bytes=digest("uid", *parts)[:16], version=4))


def suffix(length: int, *parts: object) -> str:
    """What controllers append to a name: a pod's five letters, a pod-template-hash."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest("suffix", *parts)[:length])


def sha256(*parts: object) -> str:
    """Sixty-four hexadecimal digits: a container id, an image digest."""
    return digest("sha256", *parts).hex()
