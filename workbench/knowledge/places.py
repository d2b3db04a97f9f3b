"""Where documents are: files, folders, git checkouts and web pages."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from workbench.errors import DocumentUnreadable, UsageError
from workbench.knowledge.reading import readers
from workbench.knowledge.web import fetch, is_url

MOST_BYTES = 25_000_000
"""Of one document; larger ones are no documents that people read."""
_GIT_SECONDS = 60


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One document to take in. ``load`` reads it and may raise DocumentUnreadable.

    named: it was asked for by name, and not found in a folder, where other things lie about.
    """

    source: str
    name: str
    load: Callable[[], bytes]
    at: datetime
    named: bool = True


def places(given: str, now: datetime, *, urls: bool = False) -> Iterator[Place]:
    """What is meant by a path or an address. Raises UsageError when there is no such thing."""
    if is_url(given):
        yield _page(given, now, urls)
        return
    path = Path(given).expanduser()
    if path.is_dir():
        for file in sorted(_files(path.resolve())):
            yield _file(file, named=False)
    elif path.is_file():
        yield _file(path.resolve(), named=True)
    else:
        raise UsageError(f"There is no file or folder {given}.", "Paths or https addresses.")


def _page(url: str, now: datetime, allowed: bool) -> Place:
    if not allowed:
        raise UsageError(
            f"{url} is not fetched: taking in web pages is off.",
            "Set knowledge_urls (WORKBENCH_KNOWLEDGE_URLS=1), or save the page as a file.",
        )
    name = url.partition("?")[0].partition("#")[0].rsplit("/", 1)[-1]
    suffix = Path(name).suffix.lower()
    name = name if suffix in readers() else "page.html"
    return Place(source=url, name=name, load=lambda: fetch(url, MOST_BYTES), at=now)


def _file(path: Path, *, named: bool) -> Place:
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Place(
        source=path.as_posix(), name=path.as_posix(), load=lambda: _read(path), at=written,
        named=named,
    )  # fmt: skip


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise DocumentUnreadable(f"{path} has {size:,} bytes; {MOST_BYTES:,} are taken in.")
        return path.read_bytes()
    except OSError as error:
        raise DocumentUnreadable(f"{path} cannot be read: {error.strerror}.") from error


def _files(folder: Path) -> Iterator[Path]:
    """Files of known kinds: in a git checkout those that are tracked, else all that are not
    hidden. Links that lead out of the folder are not followed."""
    for path in _tracked(folder) or _walked(folder):
        known = path.suffix.lower() in readers()
        if known and path.is_file() and path.resolve().is_relative_to(folder):
            yield path


def _tracked(folder: Path) -> list[Path]:
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return []
    try:
        listed = subprocess.run(
            ["git", "-C", str(folder), "ls-files", "-z"],
            capture_output=True, timeout=_GIT_SECONDS, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):  # no git here, or not ours: the files are there
        return []
    return [folder / os.fsdecode(name) for name in listed.split(b"\0") if name]


def _walked(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f != "node_modules"]
        yield from (Path(root) / name for name in names if not name.startswith("."))
