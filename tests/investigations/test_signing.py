"""Signed approvals: whose they are, and that nothing about them can be altered."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.changes import a_change
from tests.support.signing import ANN, APPROVERS, BOB, an_approval, line, pem
from workbench.errors import SettingsError, ToolRefused, UsageError
from workbench.investigations.ahead import documents
from workbench.investigations.signing import (
    TYPE,
    approver_of,
    private_key,
    public_key,
    signed,
    verified,
)

APPROVAL = an_approval(a_change())
DOCUMENT = signed(APPROVAL, ANN)


def no_passphrase() -> str:
    raise AssertionError("nobody should be asked")


def test_what_was_signed_is_read_back() -> None:
    assert verified(DOCUMENT, APPROVERS) == APPROVAL


@pytest.mark.parametrize("name", ["runbook", "sha256", "bound", "aud", "exp", "iss", "jti"])
def test_an_altered_document_is_refused(name: str) -> None:
    header, body, signature = DOCUMENT.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims[name] = {"exp": claims["exp"] + 86_400, "iss": "bob"}.get(name, claims[name][:-1] + "0"
                    if isinstance(claims[name], str) else 0)  # fmt: skip
    altered = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(ToolRefused, match="altered, or not signed with"):
        verified(f"{header}.{altered}.{signature}", APPROVERS)


def test_a_key_that_is_another_persons_signs_nothing_in_anns_name() -> None:
    with pytest.raises(ToolRefused, match="not signed with ann's key"):
        verified(signed(APPROVAL, BOB), APPROVERS)


def test_an_approver_who_left_approves_nothing() -> None:
    with pytest.raises(ToolRefused, match="'ann' is not among the approvers"):
        verified(DOCUMENT, {"bob": line(BOB)})


def brackets(tree: object = None) -> str:
    """JSON nested deeper than Python reads, in base64."""
    text = json.dumps(tree) if tree else "[" * 20_000
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda claims: jwt.encode(claims, ANN, "EdDSA"), id="another type"),
        pytest.param(lambda claims: jwt.encode(claims, None, "none", {"typ": TYPE}), id="unsigned"),
        pytest.param(
            lambda claims: jwt.encode(claims, "ann" * 20, "HS256", {"typ": TYPE}), id="a secret"
        ),
        pytest.param(
            lambda claims: jwt.encode({**claims, "jti": "7"}, ANN, "EdDSA", {"typ": TYPE}),
            id="an id that is none",
        ),
        pytest.param(
            lambda claims: jwt.encode({"iss": "ann"}, ANN, "EdDSA", {"typ": TYPE}), id="no claims"
        ),
        pytest.param(
            lambda claims: jwt.encode({**claims, "bound": 7}, ANN, "EdDSA", {"typ": TYPE}),
            id="a number for a digest",
        ),
        pytest.param(lambda claims: f"{brackets({'typ': TYPE})}.{brackets()}.c", id="brackets"),
        pytest.param(
            lambda claims: jwt.encode({**claims, "exp": 1e300}, ANN, "EdDSA", {"typ": TYPE}),
            id="a time beyond all",
        ),
        pytest.param(
            lambda claims: jwt.encode({**claims, "iat": float("nan")}, ANN, "EdDSA", {"typ": TYPE}),
            id="a time that is none",
        ),
        pytest.param(lambda claims: "a.b.c", id="no token"),
        pytest.param(lambda claims: "", id="nothing"),
    ],
)
def test_what_is_no_such_document_is_one_clear_line(forged: Callable[[object], str]) -> None:
    claims = jwt.decode(DOCUMENT, options={"verify_signature": False})
    with pytest.raises(ToolRefused, match=r"not valid: |no signed approval"):
        verified(forged(claims), APPROVERS)


def test_a_key_is_opened_with_its_passphrase(tmp_path: Path) -> None:
    file = tmp_path / "approval.pem"
    file.touch(0o600)
    file.write_bytes(pem(ANN))
    assert line(private_key(file, no_passphrase)) == line(ANN)
    file.write_bytes(pem(ANN, "correct horse"))
    assert line(private_key(file, lambda: "correct horse")) == line(ANN)
    with pytest.raises(UsageError, match="its passphrase is another"):
        private_key(file, lambda: "battery staple")
    file.write_bytes(ANN.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    assert line(private_key(file, no_passphrase)) == line(ANN)


def test_what_is_no_ed25519_key_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "key"
    with pytest.raises(UsageError, match="cannot be read"):
        private_key(file, no_passphrase)
    file.touch(0o600)
    file.write_bytes(b"hello")
    with pytest.raises(UsageError, match="is no key"):
        private_key(file, no_passphrase)
    curve = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(UsageError, match="is no Ed25519 key"):
        private_key(file, no_passphrase)
    with pytest.raises(ValueError, match="no line like"):
        public_key("ssh-ed25519 what")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_that_others_may_open_signs_nothing(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "approval.pem"
    file.write_bytes(pem(ANN, "correct horse"))
    file.chmod(mode)
    with pytest.raises(UsageError, match="Others may open the key") as raised:
        private_key(file, no_passphrase)
    assert raised.value.hint == f"chmod 600 {file}"


def test_what_is_signed_is_not_told_where_it_cannot_be_read(tmp_path: Path) -> None:
    half = DOCUMENT.rpartition(".")[0]
    assert documents([f" {DOCUMENT}\n", half]) == {"approval 1": DOCUMENT, "approval 2": half}
    with pytest.raises(SettingsError, match="nowhere cannot be read"):
        documents([str(tmp_path / "nowhere")])


def test_only_a_key_that_the_settings_name_signs() -> None:
    assert approver_of(BOB, APPROVERS) == "bob"
    with pytest.raises(SettingsError, match="nobody who may approve"):
        approver_of(BOB, {"ann": f"{line(ANN)} ann@laptop"})
