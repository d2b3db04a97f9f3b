"""Files that hold what a cluster said: written whole or not at all, for their owner's eyes."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from workbench.errors import UsageError

PRIVATE = 0o600
"""Whatever the workbench writes may quote logs and manifests, so others on the machine get none."""

SEAL = f"k8s-workbench sha256:{'0' * 64}"
"""Stands in a report for the digest of all of it, with this in the digest's place."""
_SEALED = re.compile(rb"k8s-workbench sha256:([0-9a-f]{64})")
_BLANK = SEAL.encode()


def refuse_taken(*paths: Path, force: bool = False) -> None:
    """Raises UsageError for the first that is there already and would be lost, unless somebody said
    ``force``. A report that is as the workbench wrote it is no loss, nor are results, which a
    pipeline has written to the same place each time; a report that a person edited is.
    """
    for path in paths:
        if path.exists() and not force and not (is_as_written(path) or _are_results(path)):
            raise UsageError(
                f"{path} is there already.",
                "Name another place, or write over it: --force, or force=True in Python.",
            )


def is_as_written(path: Path) -> bool:
    """Whether the file is a sealed one that nobody has changed since."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    digests = _SEALED.findall(content)
    blank = content.replace(b"k8s-workbench sha256:" + digests[-1], _BLANK) if digests else b""
    return bool(digests) and _digest(blank) == digests[-1].decode()


_RESULTS = (
    b'<testsuites name="workbench"',
    b'"runbook":',
    b'"contestant":',
    b'"engine_name": "k8s-workbench"',
)
"""What the results of runs and evaluations hold, and nobody else's files."""


def _are_results(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return content.strip() == b"[]" or any(mark in content for mark in _RESULTS)


def sealed(content: str | bytes) -> bytes:
    """The content with its digest for the ``SEAL`` in it, or in a comment of HTML at its end."""
    whole = content.encode() if isinstance(content, str) else content
    if _BLANK not in whole:
        whole = b"%s\n\n<!-- %s -->\n" % (whole.rstrip(), _BLANK)
    return whole.replace(_BLANK, f"k8s-workbench sha256:{_digest(whole)}".encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_private(path: Path, content: str | bytes) -> None:
    """Write the file so that a reader, or a crash, sees the old one or the new one.

    Raises OSError, which names the file that was meant.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except (OSError, UnicodeError):
        with suppress(OSError):
            beside.unlink()
        raise


def free(path: Path) -> Path:
    """The path, or the first of ``name-2``, ``name-3`` … that nothing is at yet."""
    first, dot, rest = path.name.partition(".")
    number = 2
    while path.exists():
        path = path.with_name(f"{first}-{number}{dot}{rest}")
        number += 1
    return path


REPORT_FORMS = ("ipynb", "html", "md", "pdf")
"""What a report or a post-mortem can be written as."""


def named(out: Path, forms: Collection[str]) -> tuple[str, ...]:
    """The form a path ends in: ``("html",)`` of ``incident.html``; none for a folder's."""
    form = out.suffix.removeprefix(".")
    return (form,) if form in forms and not out.is_dir() else ()


OTHER_FORMS = frozenset({".pdf", ".txt", ".json", ".doc", ".docx", ".htm"})
"""What nobody calls a folder."""


def places(out: Path, name: str, forms: Sequence[str]) -> tuple[Path, ...]:
    """Where ``name`` goes in each form: to ``out`` if that ends in the only one, else below it.

    Raises UsageError for a file of a form that is not written.
    """
    if len(forms) == 1 and named(out, forms):
        return (out,)
    if out.suffix.lower() in OTHER_FORMS and not out.is_dir():
        raise UsageError(
            f"{out} is a form that is not written.",
            "Name a folder, or a file that ends in .html, .ipynb, .md or .pdf, as --to says.",
        )
    return tuple(out / f"{name}.{form}" for form in forms)
