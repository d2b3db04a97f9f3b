"""The disk of the database is full: calls are refused, and work again when there is room."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.faults.conftest import Ledger, a_ledger, holds
from tests.support.postgres import new_id
from workbench.errors import StoreUnavailable
from workbench.store.database import open_store
from workbench.store.embedded import embedded_postgres
from workbench.store.record import NOTHING_RUN

MEGABYTES = 400
"""A fresh cluster takes 60 MB, and PostgreSQL keeps up to max_wal_size (256 MB) of log."""

PADDING = os.urandom(200_000).hex()
"""Arguments that do not compress."""


@pytest.fixture
def small_disk(open_folder: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder = open_folder / uuid4().hex[:8]
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system, and not everywhere")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_full_disk_refuses_calls_and_works_again_when_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    filler = small_disk / "filler"
    async with embedded_postgres(small_disk / "data") as dsn, open_store(dsn) as store:
        async with a_ledger(store, tmp_path / "ledger") as ledger:
            investigation = new_id()
            await ledger.append(investigation)
            _fill(filler)
            refused = await _until_refused(ledger, investigation)
            assert NOTHING_RUN in refused.message
            filler.unlink()
            while True:
                try:
                    await ledger.append(investigation)
                    break
                except StoreUnavailable:
                    continue
        tally = await holds(store, dsn, ledger)
    assert tally.effects == len(ledger.acknowledged)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 2**20):
                pass
        except OSError:
            return


async def _until_refused(ledger: Ledger, investigation: UUID) -> StoreUnavailable:
    """Calls with large arguments use up what room the files of the database still had."""
    for _ in range(5000):
        try:
            await ledger.append(investigation, padding=PADDING)
        except StoreUnavailable as error:
            return error
    raise AssertionError("the disk never was full")
