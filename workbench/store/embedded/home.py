"""Where the embedded server lives on disk, and as whom it runs.

Everything is kept in one folder of its own, ``<data_dir>/postgres``::

    lock          held while someone starts or stops the server
    users.lock    every process that uses the server holds it shared
    server.lock   held by the server's own processes for as long as one of them lives
    password      of the database role, readable by its owner only
    port          the port chosen at the first start
    pg18/         the PostgreSQL data directory
    run/          the unix socket

PostgreSQL refuses to run as root. Root therefore starts it as an existing unprivileged account; the
folder stays root's and only ``pg18/`` and ``run/`` are given away. Where that account cannot walk
to ``data_dir`` (``/root`` is closed to everybody), the folder is ``/var/lib/k8s-workbench/<name>``
instead: permissions of folders that are not ours are never changed.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import StoreUnavailable

MAJOR = 18
ROOT_FOLDER = Path("/var/lib/k8s-workbench")
ACCOUNTS = ("postgres", "nobody")
SOCKET_PATH_LIMIT = 103  # bytes of sun_path less the end mark: 107 on Linux, 103 on macOS


class Account(msgspec.Struct, frozen=True):
    """The unprivileged account that root runs the server as."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether the account may walk through every folder above ``path``."""
        return all(self._walks(folder) for folder in path.resolve().parents)

    def _walks(self, folder: Path) -> bool:
        info = folder.stat()
        if info.st_uid == self.uid:
            return bool(info.st_mode & stat.S_IXUSR)
        if info.st_gid == self.gid:
            return bool(info.st_mode & stat.S_IXGRP)
        return bool(info.st_mode & stat.S_IXOTH)


class Home(msgspec.Struct, frozen=True):
    """The server's folder. ``account`` is None when we run it as ourselves."""

    folder: Path
    account: Account | None = None

    @property
    def data(self) -> Path:
        return self.folder / f"pg{MAJOR}"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def users_lock(self) -> Path:
        return self.folder / "users.lock"

    @property
    def server_lock(self) -> Path:
        return self.folder / "server.lock"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def port(self) -> Path:
        return self.folder / "port"

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    def own(self, path: Path) -> None:
        """Give a file or folder of ours to the account that runs the server."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def run_as(self) -> dict[str, Any]:
        """Arguments of ``subprocess`` that make the child the server's account, in a folder it may
        be in, without ``PG*`` variables meant for another server."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        options: dict[str, Any] = {"cwd": self.folder, "env": env | {"LC_ALL": "C"}}
        if self.account:
            options |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return options


def settle(data_dir: Path, account: str = "") -> Home:
    """Make the server's folder for ``data_dir`` and say where it is.

    account: for root, whom to run the server as; the first of ``ACCOUNTS`` that exists when empty.
    Raises StoreUnavailable when root has no such account, OSError when a folder cannot be made.
    """
    data_dir = data_dir.expanduser().absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        folder = data_dir / "postgres"
        folder.mkdir(mode=0o700, exist_ok=True)
        return Home(folder)
    return _settle_as_root(data_dir, find_account(account))


def _settle_as_root(data_dir: Path, account: Account) -> Home:
    folder = data_dir / "postgres"
    if not account.reaches(folder):
        _make_our_own(ROOT_FOLDER)
        folder = ROOT_FOLDER / short_name(data_dir)
    _make_our_own(folder)
    return Home(folder, account)


def _make_our_own(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != 0:
        raise StoreUnavailable(
            f"The folder of the embedded database, {folder}, belongs to another user.",
            "Run as that user, or set another data_dir.",
        )
    folder.chmod(0o711)  # whatever the umask was: the account must walk through


def find_account(name: str = "") -> Account:
    """The account of that name, or the first of ``ACCOUNTS``. Raises StoreUnavailable."""
    import pwd  # not on Windows, where binaries.find has already said no

    for candidate in (name,) if name else ACCOUNTS:
        try:
            entry = pwd.getpwnam(candidate)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(candidate, entry.pw_uid, entry.pw_gid)
    raise StoreUnavailable(
        "PostgreSQL does not run as root and there is no account to run it as "
        f"({name or ', '.join(ACCOUNTS)}).",
        "Run as a normal user, or set DATABASE_URL.",
    )


def short_name(path: Path) -> str:
    """A short name that is the same for the same path."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def socket_folder(home: Home, port: int) -> Path | None:
    """A folder for the unix socket, made if needed; None when there is no safe one.

    ``run/`` of the home, or a short one in the temporary folder when the path would be too long.
    """
    folder = home.folder / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{port}")) > SOCKET_PATH_LIMIT:
        name = short_name(home.folder)
        folder = Path(tempfile.gettempdir()) / f"k8s-workbench-{os.geteuid()}-{name}"
    if not folder.exists():
        folder.mkdir(mode=0o755 if home.account else 0o700)
        home.own(folder)
    info = folder.lstat()
    owner = home.account.uid if home.account else os.geteuid()
    safe = stat.S_ISDIR(info.st_mode) and info.st_uid == owner and not info.st_mode & 0o022
    return folder if safe else None
