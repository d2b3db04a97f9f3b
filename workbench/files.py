"""Files that hold what a cluster said: written whole or not at all, for their owner's eyes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
"""Whatever the workbench writes may quote logs and manifests, so others on the machine get none."""


def write_private(path: Path, content: str) -> None:
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
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
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


def named(out: Path, forms: Collection[str]) -> tuple[str, ...]:
    """The form a path ends in: ``("html",)`` of ``incident.html``; none for a folder's."""
    form = out.suffix.removeprefix(".")
    return (form,) if form in forms and not out.is_dir() else ()


def places(out: Path, name: str, forms: Sequence[str]) -> tuple[Path, ...]:
    """Where ``name`` goes in each form: to ``out`` if that ends in the only one, else below it."""
    if len(forms) == 1 and named(out, forms):
        return (out,)
    return tuple(out / f"{name}.{form}" for form in forms)
