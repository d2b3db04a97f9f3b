"""File locks (flock) that the kernel lets go of when their holder dies, however it dies."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench.errors import StoreUnavailable

with suppress(ImportError):  # Windows; binaries.find says so before a lock is wanted
    import fcntl

POLL_SECONDS = 0.01


class FileLock:
    """One open lock file. The lock belongs to the open file: a child process that inherits ``fd``
    holds it too, and it is free when the last of them has closed it or died."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self.fd, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let go. Never LOCK_UN: that would unlock it for a process that inherited it, too."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@contextmanager
def opened(path: Path) -> Iterator[FileLock]:
    """A lock file, open and not yet locked."""
    lock = FileLock(path)
    try:
        yield lock
    finally:
        lock.close()


@contextmanager
def exclusively(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock. Raises StoreUnavailable when another process keeps it longer than that."""
    deadline = time.monotonic() + seconds
    with opened(path) as lock:
        while not lock.try_exclusive():
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"Another process has been starting or stopping the embedded database in "
                    f"{path.parent} for more than {seconds:.0f} s.",
                    "End that process and try again.",
                )
            time.sleep(POLL_SECONDS)
        yield


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock."""
    with opened(path) as lock:
        return lock.try_exclusive()
