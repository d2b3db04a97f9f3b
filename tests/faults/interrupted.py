"""An investigation in a process of its own that is killed after so many steps."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uuid_utils.compat import uuid7

from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.tools import CallContext, ToolResult
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.store.database import Store, open_store

CASE = "missing-config"


def line(tool: str, arguments: dict[str, Any]) -> str:
    return f"{tool} {sorted(arguments.items())}"


class Ledgered(ScriptedTools):
    """Tools whose every call is a line in a file that outlives the process."""

    def __init__(self, ledger: Path) -> None:
        super().__init__(load(CASE))
        self._ledger = ledger

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        with self._ledger.open("a") as file:
            file.write(f"{line(name, arguments)}\n")
        return await super().call(name, arguments, context)


def a_workbench(store: Store, ledger: Path) -> Workbench:
    return Workbench(
        tools=governed(Ledgered(ledger), store.record, cluster=CASE),
        store=store,
        address=ClusterAddress(name=CASE),
        model=ModelChoice(spec="analyst"),
        budget=Budget(),
        user="ann",
        surface="faults",
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
    )


def ask_and_die(dsn: str, ledger: Path, after: int) -> None:
    """The whole life of the process: it kills itself once that many steps are recorded."""
    asyncio.run(_ask_and_die(dsn, ledger, after))


async def _ask_and_die(dsn: str, ledger: Path, after: int) -> None:
    async with open_store(dsn) as store:
        steps = 0
        async for _ in a_workbench(store, ledger).ask("what is wrong?", Scope()):
            steps += 1
            if steps == after:
                os.kill(os.getpid(), signal.SIGKILL)
