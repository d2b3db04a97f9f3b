"""Start, find and stop the server in a home. Blocking; the caller holds the home's lock.

Whether a server is alive is asked of ``server.lock``: the postmaster and each of its children
inherit it locked, so it is free exactly when all of them are gone. Process ids cannot say that. A
killed postmaster may stay a zombie (containers without an init), its id may be used again, another
container does not see it, and its children may go on writing for a while.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import msgspec
import psutil

from workbench.errors import StoreUnavailable
from workbench.store.embedded import binaries
from workbench.store.embedded.home import Home, socket_folder
from workbench.store.embedded.initialise import failed, initialise
from workbench.store.embedded.locks import POLL_SECONDS, FileLock, is_free, opened

START_SECONDS = 60.0
STOP_SECONDS = 20.0
ORPHAN_SECONDS = 1.0  # children of a dead postmaster notice within milliseconds unless busy
PORTS = range(20000, 32000)  # below the ports Linux gives to outgoing connections
IN_USE = "its files are in use by a server that cannot be seen or ended from here"
LOG_BYTES = 4 * 1024 * 1024

SETTINGS = """\
listen_addresses = '127.0.0.1'
max_connections = 200
password_encryption = 'scram-sha-256'
shared_buffers = '64MB'
max_wal_size = '256MB'
jit = off
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
"""
HBA = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"


class Postmaster(msgspec.Struct, frozen=True):
    """What ``postmaster.pid`` says (PostgreSQL documentation, Database File Layout)."""

    pid: int
    port: int
    ready: bool

    @property
    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
        except psutil.NoSuchProcess:
            return False


def running(home: Home) -> Postmaster | None:
    """The live postmaster, or None."""
    try:
        lines = (home.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 4:
        return None  # it is being written
    if not (lines[0].isdigit() and lines[3].isdigit()):
        return None
    ready = len(lines) > 7 and lines[7].strip() == "ready"
    found = Postmaster(int(lines[0]), int(lines[3]), ready)
    return found if found.alive else None


def start(home: Home) -> int:
    """Make sure a server runs; its port. Raises StoreUnavailable."""
    programs = binaries.reachable(home)
    initialise(home, programs)
    deadline = time.monotonic() + START_SECONDS
    problem = IN_USE
    while time.monotonic() < deadline:
        with opened(home.server_lock) as lock:
            if not _wait_for(home, lock, deadline):
                found = running(home)
                if found and found.ready:
                    return found.port
                continue
            port = _choose_port(home)
            _configure(home, port)
            _put_by_long_log(home)
            log_start = home.log.stat().st_size if home.log.exists() else 0
            _launch(home, programs, lock)
        problem = _wait_until_ready(home, deadline, log_start)
        if not problem:
            return port
        if "could not bind" not in problem:
            raise failed("Starting", home, problem)
        home.port.unlink(missing_ok=True)
    raise failed("Starting", home, problem or f"not ready after {START_SECONDS:.0f} s")


def _wait_for(home: Home, lock: FileLock, deadline: float) -> bool:
    """True once no process of an earlier server is left (and ``lock`` is ours), False once there is
    a server that is ready."""
    patience = time.monotonic() + ORPHAN_SECONDS
    while not lock.try_exclusive():
        found = running(home)
        if found and found.ready:
            return False
        if found is None and time.monotonic() > patience:
            _end_orphans(home)
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    return True


def _end_orphans(home: Home) -> None:
    """Kill what a dead postmaster left behind; recovery makes good whatever they were writing."""
    for process in psutil.process_iter():
        try:
            ours = "postgres" in process.name() and process.cwd() == str(home.data.resolve())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if ours and running(home) is None:
            process.kill()


def _choose_port(home: Home) -> int:
    """The remembered port, or another when that one is taken."""
    try:
        remembered = int(home.port.read_text())
    except (FileNotFoundError, ValueError):
        remembered = 0
    if remembered and _is_port_free(remembered):
        return remembered
    candidates = random.sample(PORTS, 50)
    port = next((p for p in candidates if _is_port_free(p)), 0)
    if not port:
        raise StoreUnavailable(
            "No free port for the embedded database.",
            f"Free one between {PORTS.start} and {PORTS.stop}.",
        )
    home.port.write_text(str(port))
    return port


def _is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _configure(home: Home, port: int) -> None:
    sockets = socket_folder(home, port)
    if sockets:
        for left_over in sockets.glob(".s.PGSQL.*"):
            left_over.unlink(missing_ok=True)
    places = {
        "unix_socket_directories": _in_list(sockets) if sockets else "",
        "hba_file": str(home.folder / "pg_hba.conf"),
    }
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in places.items()]
    text = SETTINGS + f"port = {port}\n" + "\n".join(lines) + "\n"
    for name, content in (("postgresql.conf", text), ("pg_hba.conf", HBA)):
        path = home.folder / name
        path.write_text(content)
        path.chmod(0o644)  # the account reads them; no secret is in them


def _in_list(path: Path) -> str:
    """The path as one element of a list, whatever characters it has."""
    return '"' + str(path).replace('"', '""') + '"'


def _put_by_long_log(home: Home) -> None:
    if home.log.exists() and home.log.stat().st_size > LOG_BYTES:
        home.log.rename(home.log.with_suffix(".log.1"))


def _launch(home: Home, programs: Path, lock: FileLock) -> None:
    """Run the server in the background, holding ``lock``, as nobody's child.

    Paths are relative to the home: pg_ctl hands them to a shell.
    """
    data, log = (path.relative_to(home.folder) for path in (home.data, home.log))
    options: list[str | Path] = [
        "-W",
        "-D",
        data,
        "-l",
        log,
        "-o",
        "-c config_file=postgresql.conf",
    ]
    done = subprocess.run(
        [programs / "pg_ctl", "start", *options],
        pass_fds=(lock.fd,),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **home.run_as(),
    )
    if done.returncode != 0:
        raise failed("Starting", home, done.stderr + done.stdout)


def _wait_until_ready(home: Home, deadline: float, log_start: int) -> str:
    """Nothing ("") once the server takes connections, else what it said before it gave up."""
    while time.monotonic() < deadline:
        found = running(home)
        if found and found.ready:
            return ""
        if is_free(home.server_lock):
            with home.log.open(errors="replace") as log:
                log.seek(log_start)
                return log.read() or "it said nothing"
        time.sleep(POLL_SECONDS)
    return f"not ready after {START_SECONDS:.0f} s"


def stop(home: Home) -> None:
    """End the server: politely (fast shutdown), then firmly (immediate shutdown)."""
    for how in (signal.SIGINT, signal.SIGQUIT):
        found = running(home)
        if found:
            os.kill(found.pid, how)
        if _wait_until_gone(home):
            return


def _wait_until_gone(home: Home) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while not is_free(home.server_lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
