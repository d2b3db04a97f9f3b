"""A look at the cluster that is no tool's, recorded like one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from workbench.core.cluster import Scope
from workbench.core.evidence import Ended, Intent, Outcome
from workbench.errors import WorkbenchError
from workbench.investigations.workbench import Workbench

TOOL = "workbench_snapshot"


@asynccontextmanager
async def capturing(
    bench: Workbench, scope: Scope, *, logs: bool
) -> AsyncIterator[Callable[[str], None]]:
    """Record under this session that the cluster is captured, before and after what is done inside,
    which tells what came of it. Raises StoreUnavailable before anything is read."""
    intent = Intent(
        id=bench.new_id(),
        investigation=(await bench.load("")).id,
        user=bench.user,
        surface=bench.surface,
        server="workbench",
        tool=TOOL,
        arguments={"namespaces": list(scope.namespaces), "logs": logs},
        cluster=bench.cluster,
        at=bench.clock(),
    )
    record = bench.store.record
    await record.intend(intent)
    began, said = time.perf_counter(), ""

    def tell(words: str) -> None:
        nonlocal said
        said = words

    def ended(outcome: Outcome, error: str = "") -> Ended:
        taken = (time.perf_counter() - began) * 1000
        return Ended(outcome=outcome, duration_ms=taken, text=said, error=error)

    try:
        yield tell
    except WorkbenchError as error:
        await record.finish(intent, ended(Outcome.FAILED, error.message))
        raise
    except asyncio.CancelledError:
        await asyncio.shield(record.finish(intent, ended(Outcome.CANCELLED)))
        raise
    await record.finish(intent, ended(Outcome.DONE))
