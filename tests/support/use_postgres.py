"""A process that uses an embedded server until its input ends: ``use_postgres DATA_DIR [ACCOUNT]``.

Prints the DSN once it is a user, ``left`` in the end. With an account, or a number that has no
name, it gives up being root first; everything is imported by then, since that user may not be able
to read the environment.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401
import encodings.idna  # noqa: F401  # asyncio resolves addresses with it
import os
import pwd
import sys
from pathlib import Path

import asyncpg

from workbench.store.embedded import embedded_postgres


async def use(data_dir: Path) -> None:
    async with embedded_postgres(data_dir) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.close()
        print(dsn, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    print("left", flush=True)


def become(account: str) -> None:
    uid = gid = int(account) if account.isdigit() else 0
    if not uid:
        entry = pwd.getpwnam(account)
        uid, gid = entry.pw_uid, entry.pw_gid
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    os.environ["HOME"] = "/nonexistent"
    os.chdir("/")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        become(sys.argv[2])
    asyncio.run(use(Path(sys.argv[1])))
