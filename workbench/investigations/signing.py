"""Approvals that are signed: a JSON Web Token (RFC 7519) with an Ed25519 key (RFC 8037), checked
against the keys of the people who may approve."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from workbench.core.ahead import SignedApproval
from workbench.errors import SettingsError, ToolRefused, UsageError

TYPE = "workbench-approval+jwt"
"""What the token calls itself (RFC 8725, 3.11), so that none made for something else passes."""
ALGORITHM = "EdDSA"
LONGEST = 65_536
MAKE_ONE = "Make one with `openssl genpkey -algorithm ed25519 -aes256 -out approval.pem`."


def private_key(path: Path, passphrase: Callable[[], str]) -> Ed25519PrivateKey:
    """The key in a PEM or OpenSSH file, whose passphrase is asked for where it has one. Raises
    UsageError, also for a file that others may read or write: as ssh does, which then takes it for
    everybody's."""
    try:
        with path.open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                raise UsageError(f"Others may open the key {path}.", f"chmod 600 {path}")
            data = file.read(LONGEST)
    except OSError as error:
        raise UsageError(f"The key {path} cannot be read: {error.strerror}.", MAKE_ONE) from error
    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
    try:
        try:
            key = load(data, None)
        except TypeError:  # it has one
            key = load(data, passphrase().encode())
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path} is no key, or its passphrase is another.", MAKE_ONE) from error
    except UnsupportedAlgorithm as error:
        raise UsageError(f"{path} cannot be opened here: {error}.", MAKE_ONE) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path} is no Ed25519 key.", MAKE_ONE)
    return key


def public_key(text: str) -> Ed25519PublicKey:
    """The key in a line like ``ssh-ed25519 AAAA… ann``. Raises ValueError for any other."""
    try:
        key = load_ssh_public_key(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{text[:40]!r} is no line like `ssh-ed25519 AAAA…`") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{text[:40]!r} is no Ed25519 key")
    return key


def approver_of(key: Ed25519PrivateKey, approvers: Mapping[str, str]) -> str:
    """Whose key it is. Raises SettingsError, with the line to put in, when it is nobody's."""
    own = _line(key.public_key())
    for name, line in approvers.items():
        if _line(public_key(line)) == own:
            return name
    raise SettingsError(
        "That is the key of nobody who may approve.",
        f'Put it into approvers in workbench.toml where the run is: ann = "{own}".',
    )


def signed(approval: SignedApproval, key: Ed25519PrivateKey) -> str:
    """The document."""
    claims = {
        "jti": str(approval.id),
        "iss": approval.approver,
        "aud": approval.cluster,
        "iat": int(approval.at.timestamp()),
        "exp": int(approval.expires.timestamp()),
        **{name: getattr(approval, name) for name in _OWN},
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"typ": TYPE})


def verified(document: str, approvers: Mapping[str, str]) -> SignedApproval:
    """What was signed, by one of the approvers with the key that the settings have for them; when
    it holds is not looked at. Raises ToolRefused with why it is none."""
    if len(document) > LONGEST or document.count(".") != 2:
        raise ToolRefused("It is no signed approval.", "Sign one: workbench approve C-7 --ahead.")
    try:
        if jwt.get_unverified_header(document).get("typ") != TYPE:
            raise jwt.InvalidTokenError("it is a token for something else")
        name = jwt.decode(document, options={"verify_signature": False}).get("iss")
        if not isinstance(name, str) or name not in approvers:
            raise jwt.InvalidTokenError(f"{name!r} is not among the approvers")
        return _read(jwt.decode(document, public_key(approvers[name]), algorithms=[ALGORITHM],
                                options=_OPTIONS))  # fmt: skip
    except jwt.InvalidSignatureError as error:
        raise ToolRefused(
            f"The signed approval is not valid: it was altered, or not signed with {name}'s key.",
            "Have it signed again.",
        ) from error
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, KeyError) as error:
        raise ToolRefused(
            f"The signed approval is not valid: {error}.", "Have it signed by an approver."
        ) from error
    except RecursionError as error:  # JSON that is nothing but brackets
        raise ToolRefused(
            "The signed approval is not valid: it is nested too deep.",
            "Have it signed by an approver.",
        ) from error


_OWN = ("change", "bound", "command", "runbook", "sha256")
_OPTIONS: Any = {
    "require": ["jti", "iss", "aud", "iat", "exp", *_OWN],
    "verify_aud": False,  # with the call, against the cluster it is about
    "verify_exp": False,  # by the clock of whoever makes the call
    "verify_iat": False,
}


def _read(claims: dict[str, Any]) -> SignedApproval:
    read = {
        "id": UUID(claims["jti"]),
        "approver": claims["iss"],
        "cluster": claims["aud"],
        "at": datetime.fromtimestamp(claims["iat"], UTC),
        "expires": datetime.fromtimestamp(claims["exp"], UTC),
        **{name: claims[name] for name in _OWN},
    }
    return msgspec.convert(read, SignedApproval)


def _line(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
