"""Tables that came with the question, read before the model is asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from uuid import UUID

from workbench.agent.answers import Ledger
from workbench.agent.triage import answered_step, call_once
from workbench.core.investigation import ToolAnswered, ToolCalled
from workbench.core.terms import TABLE_TOOL, Table
from workbench.core.tools import CallContext, Tools, find_tool


async def read_tables(
    tables: Sequence[Table],
    tools: Tools,
    context: CallContext,
    ledger: Ledger,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> AsyncGenerator[ToolCalled | ToolAnswered]:
    """Call the tool that reads a table once for each and put its answers into the ledger, so that
    claims can cite them."""
    for table in tables:
        if not ledger.open():
            return
        spec = find_tool(await tools.list(), TABLE_TOOL)
        call_id, arguments = f"table_{new_id().hex}", {"name": table.name}
        yield ToolCalled(at=clock(), call_id=call_id, tool=spec.name, arguments=arguments)
        answer = await call_once(tools, spec, call_id, arguments, context)
        ledger.add(answer)
        yield answered_step(answer, clock())
