"""A frozen cluster in a process of its own, for as long as somebody uses it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from workbench.core.cluster import ClusterAddress
from workbench.errors import SnapshotError
from workbench.kubernetes.kubeconfig import choose

DEMO = "demo"
START_SECONDS = 60.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.02


def find_snapshot(source: str) -> Path:
    """The snapshot that is meant: a path, or ``demo`` for the bundled broken shop.

    Raises SnapshotError when there is no such file.
    """
    path = Path(__file__).with_name("demo") if source == DEMO else Path(source).expanduser()
    if not path.exists():
        raise SnapshotError(f"There is no snapshot {source}.", f"Give a path, or `{DEMO}`.")
    return path.absolute()


@asynccontextmanager
async def frozen_cluster(
    source: str, folder: Path, logs: Path | None = None
) -> AsyncIterator[ClusterAddress]:
    """Serve the snapshot on loopback; its kubeconfig is a private file below ``folder``.

    logs: a folder of logs instead of the snapshot's own, as in ``load.load``.
    The process ends with this one, however this one ends: it watches its standard input.
    Raises SnapshotError with the reason when it cannot be served.
    """
    snapshot = find_snapshot(source)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="frozen-") as private:
        kubeconfig = Path(private) / "kubeconfig"
        process = await _start(snapshot, kubeconfig, logs)
        try:
            await _ready(process, kubeconfig, source)
            name = choose(str(kubeconfig)).context
            identity = _identity(snapshot, logs)
            yield ClusterAddress(
                name=name, kubeconfig=str(kubeconfig), frozen=True, identity=identity
            )
        finally:
            await _stop(process)


def _identity(snapshot: Path, logs: Path | None) -> str:
    """Another one for another file, and for the same file once it is written again."""
    places = [place for place in (snapshot, logs) if place]
    files = [file for place in places for file in (place, *sorted(place.rglob("*")))]
    newest = max(file.stat().st_mtime_ns for file in files)
    names = "\n".join(map(str, places))
    return hashlib.sha256(f"{names}\n{len(files)}\n{newest}".encode()).hexdigest()


async def _start(snapshot: Path, kubeconfig: Path, logs: Path | None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "workbench.kubernetes.snapshots.serve", str(snapshot)),
        *("--kubeconfig", str(kubeconfig), "--until-eof"),
        *(("--logs", str(logs.expanduser())) if logs else ()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us; it goes when we go
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


async def _ready(process: asyncio.subprocess.Process, kubeconfig: Path, source: str) -> None:
    async with asyncio.timeout(START_SECONDS):
        while not kubeconfig.exists():
            if process.returncode is not None:
                raise SnapshotError(await _last_words(process, source))
            await asyncio.sleep(POLL_SECONDS)


async def _last_words(process: asyncio.subprocess.Process, source: str) -> str:
    assert process.stderr is not None  # noqa: S101  # it was opened as a pipe
    said = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
    why = said[-1].removeprefix("error: ") if said else f"exit code {process.returncode}"
    return why if source in why else f"{source} cannot be served: {why}"


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
