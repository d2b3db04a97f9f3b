"""The files of a snapshot, wherever they lie: a folder, a .zip, a .tar.gz or memory.

Nothing is ever unpacked to disk. Archives are checked before anything in them is read: names that
lead outside, links, and sizes that only a decompression bomb has.
"""

from __future__ import annotations

import io
import itertools
import os
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Protocol

from workbench.errors import SnapshotError

if TYPE_CHECKING:
    import tarfile
    import zipfile

UNPACKED_BYTES_MOST = 2 * 1024**3
"""Size of all files of an archive together: about 100,000 pods with their logs."""

SQUEEZED_MOST = 250
"""Unpacked / packed size that is still believed. JSON and logs reach 20 to 60, a bomb 1,000."""

SQUEEZED_FROM_BYTES = 64 * 1024**2
"""Below this unpacked size the ratio says nothing: an empty cluster's lists squeeze very well."""

FILES_MOST = 200_000


class Files(Protocol):
    """Named byte strings; names are relative, with forward slashes."""

    def names(self) -> Iterable[str]: ...

    def size(self, name: str) -> int:
        """Bytes of the file."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """The file for reading, seekable. Raises ``OSError`` or ``SnapshotError``."""
        ...


class MemoryFiles:
    """Files held in memory."""

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self._content = dict(content)

    def names(self) -> Iterable[str]:
        return sorted(self._content)

    def size(self, name: str) -> int:
        return len(self._content[name])

    def open(self, name: str) -> IO[bytes]:
        return io.BytesIO(self._content[name])


class FolderFiles:
    """The regular files under a directory; a link that leads out of it is an error."""

    def __init__(self, folder: Path, most: int = FILES_MOST) -> None:
        self._folder = folder
        self._paths = dict(sorted(itertools.islice(self._walk(), most + 1)))
        if len(self._paths) > most:
            raise SnapshotError(
                f"{folder} holds more than {most:,} files, which no snapshot does.",
                "Name the folder of the snapshot itself.",
            )

    def names(self) -> Iterable[str]:
        return self._paths

    def size(self, name: str) -> int:
        return self._paths[name].stat().st_size

    def open(self, name: str) -> IO[bytes]:
        return self._paths[name].open("rb")

    def _walk(self) -> Iterable[tuple[str, Path]]:
        inside = self._folder.resolve()
        for here, _, names in os.walk(self._folder):
            for name in names:
                path = Path(here, name)
                if path.is_symlink() and not path.resolve().is_relative_to(inside):
                    raise _leads_outside(self._folder, path.relative_to(self._folder).as_posix())
                if path.is_file():
                    yield path.relative_to(self._folder).as_posix(), path


class ZipFiles:
    """The files in a .zip archive."""

    def __init__(self, path: Path) -> None:
        import zipfile

        try:
            self._zip: zipfile.ZipFile = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
            raise _not_an_archive(path, "a .zip archive", error) from error
        self._path = path
        self._entries = {i.filename: i for i in self._zip.infolist() if not i.is_dir()}
        _check(path, {name: i.file_size for name, i in self._entries.items()})
        if any(i.flag_bits & 0x1 for i in self._entries.values()):
            raise SnapshotError(
                f"{path} is an encrypted archive.", "Unpack it and name the folder instead."
            )

    def names(self) -> Iterable[str]:
        return sorted(self._entries)

    def size(self, name: str) -> int:
        return self._entries[name].file_size

    def open(self, name: str) -> IO[bytes]:
        import zipfile
        import zlib

        try:
            with self._zip.open(self._entries[name]) as file:
                return io.BytesIO(file.read())  # reads no more than the size that was checked
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise _not_an_archive(self._path, "a whole .zip archive", error) from error


class TarFiles:
    """The files in a .tar.gz or .tar archive."""

    def __init__(self, path: Path) -> None:
        import tarfile
        import zlib

        self._path = path
        self._entries: dict[str, tarfile.TarInfo] = {}
        try:
            self._tar: tarfile.TarFile = tarfile.open(path)  # noqa: SIM115 (read from until the end)
            weakref.finalize(self, self._tar.close)
            total = 0
            for member in self._tar:
                total += member.size
                _check_size(path, total, len(self._entries))
                if member.isfile():
                    self._entries[member.name.removeprefix("./")] = member
                elif not member.isdir():
                    raise _leads_outside(path, member.name)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise _not_an_archive(path, "a whole .tar.gz archive", error) from error
        _check(path, {name: m.size for name, m in self._entries.items()})

    def names(self) -> Iterable[str]:
        return sorted(self._entries)

    def size(self, name: str) -> int:
        return self._entries[name].size

    def open(self, name: str) -> IO[bytes]:
        import tarfile
        import zlib

        try:
            file = self._tar.extractfile(self._entries[name])
            return io.BytesIO(file.read() if file else b"")
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise _not_an_archive(self._path, "a whole .tar.gz archive", error) from error


class FilesUnder:
    """Those of ``files`` whose names begin with ``prefix``, without it."""

    def __init__(self, files: Files, prefix: str) -> None:
        self._files, self._prefix = files, prefix

    def names(self) -> Iterable[str]:
        n = len(self._prefix)
        return [name[n:] for name in self._files.names() if name.startswith(self._prefix)]

    def size(self, name: str) -> int:
        return self._files.size(self._prefix + name)

    def open(self, name: str) -> IO[bytes]:
        return self._files.open(self._prefix + name)


class FileParts:
    """Stretches of other files under names of their own: (file, first byte, number of bytes)."""

    def __init__(self, files: Files, parts: Mapping[str, tuple[str, int, int]]) -> None:
        self._files, self._parts = files, dict(parts)

    def names(self) -> Iterable[str]:
        return sorted(self._parts)

    def size(self, name: str) -> int:
        return self._parts[name][2]

    def open(self, name: str) -> IO[bytes]:
        file_name, start, size = self._parts[name]
        with self._files.open(file_name) as file:
            file.seek(start)
            return io.BytesIO(file.read(size))


def is_archive(path: Path) -> bool:
    """Whether the file is a zip or a tar by its first bytes, whatever it is called."""
    with path.open("rb") as file:
        start = file.read(264)
    return start[:4] in _ZIP_STARTS or start[:2] == _GZIP_START or start[257:262] == b"ustar"


def open_archive(path: Path) -> Files:
    """The files in an archive. Raises SnapshotError for a broken or a hostile one."""
    with path.open("rb") as file:
        start = file.read(4)
    return ZipFiles(path) if start in _ZIP_STARTS else TarFiles(path)


_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP_START = b"\x1f\x8b"


def _check(path: Path, sizes: Mapping[str, int]) -> None:
    for name in sizes:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0]:
            raise _leads_outside(path, name)
    _check_size(path, sum(sizes.values()), len(sizes))


def _check_size(path: Path, unpacked: int, files: int) -> None:
    packed = max(path.stat().st_size, 1)
    if files > FILES_MOST:
        what = f"more than {FILES_MOST:,} files"
    elif unpacked > UNPACKED_BYTES_MOST:
        what = f"{unpacked / 1024**3:.1f} GiB unpacked"
    elif unpacked > SQUEEZED_FROM_BYTES and unpacked > packed * SQUEEZED_MOST:
        what = f"{unpacked // packed} times its packed size"
    else:
        return
    raise SnapshotError(
        f"{path} would be {what}, which no snapshot is.",
        "It was not read. If you trust it, unpack it and name the folder.",
    )


def _leads_outside(path: Path, name: str) -> SnapshotError:
    return SnapshotError(
        f"{path} holds an entry that leads outside of it: {name!r}.",
        "It was not read; get the snapshot again from somebody you trust.",
    )


def _not_an_archive(path: Path, what: str, error: Exception) -> SnapshotError:
    reason = str(error).partition("\n")[0].rstrip(".:")
    return SnapshotError(
        f"{path} is not {what}: {reason}.", "It may be cut off; copy or save it again."
    )
