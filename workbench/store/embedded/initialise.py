"""Make the data directory once: all of it or nothing."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from workbench.errors import StoreUnavailable
from workbench.store.embedded.home import Home

ROLE = "workbench"
DATABASE = "workbench"
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] ")
INITDB_SECONDS = 120.0
NAMELESS = re.compile(r"look up (effective|local) user|unshare", re.IGNORECASE)
CHOICES = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


def initialise(home: Home, programs: Path) -> None:
    """Create the data directory unless it is there. Raises StoreUnavailable.

    It is made under another name and renamed when complete, so a half-made one is never used.
    """
    if home.data.exists():
        return
    _remove_abandoned(home)
    draft = home.data.with_suffix(f".new-{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    home.own(draft)
    _write_password(home)
    _initdb(home, programs, draft)
    _create_database(home, programs, draft)
    draft.rename(home.data)
    _remove_abandoned(home)


def _remove_abandoned(home: Home) -> None:
    for abandoned in home.folder.glob(f"{home.data.name}.new-*"):
        shutil.rmtree(abandoned, ignore_errors=True)  # its initdb may still be dying in there


def _write_password(home: Home) -> None:
    home.password.unlink(missing_ok=True)
    home.password.touch(mode=0o600)
    home.password.write_text(secrets.token_urlsafe(24))


def _initdb(home: Home, programs: Path, draft: Path) -> None:
    handed = home.folder / "password.new"  # the account may not read ours
    handed.unlink(missing_ok=True)
    handed.touch(mode=0o600)
    handed.write_text(home.password.read_text())
    home.own(handed)
    try:
        _run(home, [programs / "initdb", "-D", draft, "-U", ROLE, f"--pwfile={handed}", *CHOICES])
    finally:
        handed.unlink()


def _create_database(home: Home, programs: Path, draft: Path) -> None:
    statement = f"create database {DATABASE};\n"
    _run(home, [programs / "postgres", "--single", "-D", draft, "postgres"], statement)


def _run(home: Home, command: list[str | Path], text: str = "") -> None:
    nameless = home.account is None and not _has_name(os.geteuid())
    try:
        done = subprocess.run(
            _under_a_name(command) if nameless else command,
            input=text,
            capture_output=True,
            text=True,
            timeout=INITDB_SECONDS,
            check=False,
            **home.run_as(),
        )
    except subprocess.TimeoutExpired as error:
        raise StoreUnavailable(
            f"Creating the embedded database took more than {INITDB_SECONDS:.0f} s.",
            "The disk may be too slow or full; try again or set DATABASE_URL.",
        ) from error
    if done.returncode != 0 and nameless and NAMELESS.search(done.stderr):
        raise StoreUnavailable(
            f"The embedded database cannot be created by user {os.geteuid()}, who has no name: "
            "PostgreSQL looks for one in /etc/passwd, and this system lends none.",
            "Add a passwd entry for that user, run as one that has it, or set DATABASE_URL.",
        )
    if done.returncode != 0:
        raise failed("Creating", home, done.stderr + done.stdout)


def _has_name(uid: int) -> bool:
    import pwd  # not on Windows, where binaries.find has already said no

    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _under_a_name(command: list[str | Path]) -> list[str | Path]:
    """The same in a user namespace that maps nobody: everyone is the overflow user in there, whom
    /etc/passwd calls nobody. Files still belong to the user (user_namespaces(7)).

    Needed to create a database only; the server itself never asks for its user's name.
    """
    unshare = shutil.which("unshare")
    return [unshare, "--user", *command] if unshare else command


def failed(doing: str, home: Home, log: str) -> StoreUnavailable:
    """The error for a server program that gave up, from the line that says why."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [x for x in lines if "FATAL" in x or "PANIC" in x or "error:" in x] or lines[-1:]
    why = TIMESTAMP.sub("", telling[0]).rstrip(".") if telling else "it gave no reason"
    hint = f"See {home.log}, or set DATABASE_URL to another server."
    if "No space left" in log or "Disk quota" in log:
        hint = f"Free some space on the disk of {home.folder}."
    return StoreUnavailable(f"{doing} the embedded database failed: {why}.", hint)
