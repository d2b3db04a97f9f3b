"""What a result of 1 MiB to 1 GiB costs the client: seconds, and extra resident memory.

Target: 1 GiB in at most 10 s and 64 MiB. Results over the limit of 32 MiB are drained and end in an
error; the session lives on.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from tests.support.memory import PeakMemory
from workbench.core.tools import McpServer
from workbench.errors import ToolFailed
from workbench.mcp.connection import Connection

SERVER = Path(__file__).parents[1] / "tests" / "support" / "mcp_servers" / "stub.py"
SIZES = (1, 20, 31, 1024)


async def main() -> None:
    server = McpServer(name="stub", command=sys.executable, args=("-S", str(SERVER)))
    connection = Connection(server)
    await connection.call("pid", {}, read_only=True)
    for mib in SIZES:
        began = time.perf_counter()
        with PeakMemory() as memory:
            try:
                answer = await connection.call("huge", {"mib": mib}, read_only=True)
                outcome = f"{len(answer.text):,} characters"
            except ToolFailed as error:
                outcome = error.message
        seconds = time.perf_counter() - began
        print(f"{mib:5} MiB  {seconds:5.2f} s  {memory.extra:4.0f} MiB extra  {outcome}")
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
