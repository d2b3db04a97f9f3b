"""Keys of approvers, and documents that they sign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.support.changes import CLUSTER, NOON
from workbench.core.ahead import SignedApproval
from workbench.core.change import ProposedChange

SHA256 = "5e" * 32
ANN, BOB = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def line(key: Ed25519PrivateKey) -> str:
    """The public half, as the settings have it."""
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def pem(key: Ed25519PrivateKey, passphrase: str = "") -> bytes:
    locked = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


def an_approval(change: ProposedChange, **fields: Any) -> SignedApproval:
    from workbench.core.ahead import bound

    defaults: dict[str, Any] = {
        "id": change.id,
        "approver": "ann",
        "change": change.label,
        "bound": bound(change),
        "command": "kubectl scale deployment/web --replicas=3",
        "cluster": CLUSTER,
        "runbook": "scale-out",
        "sha256": SHA256,
        "at": NOON,
        "expires": NOON + timedelta(hours=12),
    }
    return SignedApproval(**defaults | fields)


APPROVERS = {"ann": line(ANN), "bob": line(BOB)}
