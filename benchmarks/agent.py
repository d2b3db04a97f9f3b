"""CPU time of one step of an agent, without the model, the network and the tool's own work.

The floor is pydantic-ai alone: the same turns with a plain function as the tool. Ours has all that
surrounds a call here (policy, redaction, record in memory, history, budget, steps). Both run in one
process, interleaved. A step is one request of the model and one call with a 1 KB result; what it
costs with 50 steps behind it is the cost of steps 41 to 60. Targets: 15 ms at most there, and
from 50 steps to 200 no steeper than pydantic-ai itself, which looks through the whole history at
every step, and a tenth. Once a model's window is full its history grows no more: in one of 32,768
tokens, which these steps fill about three times over, 200 may cost five times what 50 do.

Last, how long a word of the model takes until whoever watches has it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model, StreamedResponse
from pydantic_ai.usage import RequestUsage, UsageLimits
from uuid_utils.compat import uuid7

from workbench.agent.brief import Brief, Crew
from workbench.agent.investigator import investigate
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.evidence import Ended, Finished, Intent
from workbench.core.redaction import Redactor
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.mcp.stack import governed

TARGET_MS, TARGET_GROWTH, TARGET_FULL, TARGET_WORD_MS = 15.0, 1.1, 5.0, 20.0
ENDLESS, SMALL = 1_000_000, 32_768  # tokens a model holds at once
KILOBYTE = "2026-03-04T03:10:02Z ERROR upstream connect error, reset before headers\n" * 14
CONTEXT = CallContext(investigation=UUID(int=1), user="bench")


class MemoryRecord:
    def __init__(self) -> None:
        self.rows = 0

    async def intend(self, intent: Intent, after: tuple[Finished, ...] = ()) -> str:
        self.rows += 1
        return f"E{self.rows}"

    async def finish(self, intent: Intent, ended: Ended) -> None:
        """Kept nowhere."""


class OneTool:
    async def list(self) -> tuple[ToolSpec, ...]:
        schema = {"type": "object", "properties": {"number": {"type": "integer"}}}
        return (
            ToolSpec(
                name="kube_logs",
                server="kube",
                remote_name="logs",
                description="Read a log.",
                input_schema=schema,
                read_only=True,
            ),
        )

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        return ToolResult(text=KILOBYTE)


class Planner(Model):
    """Calls the tool ``steps`` times and concludes. ``marks``: CPU seconds at each request."""

    def __init__(
        self, steps: int, said: Callable[[], None] = lambda: None, window: int = ENDLESS
    ) -> None:
        super().__init__(profile={"context_window": window})
        self._steps = steps
        self._said = said
        self.marks: list[float] = []

    model_name = property(lambda self: "planner")
    system = property(lambda self: "bench")
    provider = None

    async def request(self, *_: Any) -> ModelResponse:
        raise NotImplementedError

    @asynccontextmanager
    async def request_stream(
        self, messages: Any, settings: Any, parameters: Any, context: Any = None
    ) -> AsyncIterator[StreamedResponse]:
        _, prepared = self.prepare_request(settings, parameters)
        self.marks.append(time.process_time())
        number = len(self.marks)
        if number <= self._steps:
            call = ToolCallPart("kube_logs", {"number": number}, tool_call_id=f"c{number}")
            yield Stream(prepared, [TextPart(f"Log {number}."), call], self._said)
        else:
            name = prepared.output_tools[0].name if prepared.output_tools else ""
            done = ToolCallPart(name, {"verdict": "done"}, tool_call_id="end")
            yield Stream(prepared, [done] if name else [TextPart("done")], self._said)


@dataclass
class Stream(StreamedResponse):
    parts: list[Any] = field(default_factory=list)
    said: Callable[[], None] = lambda: None
    _at: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _get_event_iterator(self) -> AsyncIterator[Any]:
        self._usage = RequestUsage(input_tokens=10, output_tokens=5)
        self.said()
        for index, part in enumerate(self.parts):
            yield self._parts_manager.handle_part(vendor_part_id=index, part=part)

    async def close_stream(self) -> None:
        """Nothing is open."""

    model_name = property(lambda self: "planner")
    provider_name = property(lambda self: "bench")
    provider_url = None
    timestamp = property(lambda self: self._at)


async def floor(steps: int) -> list[float]:
    def kube_logs(number: int) -> str:
        return KILOBYTE

    model = Planner(steps)
    limits = UsageLimits(request_limit=None)
    async with Agent(model, tools=[kube_logs]).run_stream_events("?", usage_limits=limits) as run:
        async for _ in run:
            pass
    return model.marks


async def ours(steps: int, window: int = ENDLESS) -> list[float]:
    model = Planner(steps, window=window)
    await _investigated(model, steps)
    return model.marks


async def words(count: int) -> list[float]:
    """Seconds from a word of the model to the watcher, wall time."""
    at = [0.0]
    took: list[float] = []

    def said() -> None:
        at[0] = time.perf_counter()

    await _investigated(
        Planner(count, said), count, lambda text: took.append(time.perf_counter() - at[0])
    )
    return took


async def _investigated(
    model: Model, steps: int, on_text: Callable[[str], None] | None = None
) -> None:
    tools = governed(OneTool(), MemoryRecord(), redactor=Redactor(b"k" * 32))
    brief = Brief(question="why?", scope=Scope(), budget=Budget(tool_calls=steps + 1, seconds=None))
    run = investigate(brief, Crew(model, tools), CONTEXT, lambda: datetime.now(UTC), uuid7, on_text)
    async for _ in run:
        pass


def at_fifty(marks: list[float]) -> float:
    """CPU seconds of a step with 50 behind it."""
    return (marks[60] - marks[40]) / 20


def growth_of(marks: list[float]) -> float:
    """All of 200 steps against all of 50; 4 is linear."""
    return (marks[200] - marks[0]) / (marks[50] - marks[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    asyncio.run(ours(5))
    floors, costs, steeps, growths, full = [], [], [], [], []
    for _ in range(options.rounds):
        bare_marks, marks = asyncio.run(floor(200)), asyncio.run(ours(200))
        floors.append(at_fifty(bare_marks))
        costs.append(at_fifty(marks))
        steeps.append(growth_of(bare_marks))
        growths.append(growth_of(marks))
        full.append(growth_of(asyncio.run(ours(200, SMALL))))
    bare, cost = statistics.median(floors) * 1000, statistics.median(costs) * 1000
    steep, growth = statistics.median(steeps), statistics.median(growths)
    word = statistics.median(asyncio.run(words(50))) * 1000
    print(f"pydantic-ai alone, step 50          {bare:7.2f} ms CPU")
    print(f"investigation, step 50              {cost:7.2f} ms CPU   {cost / bare:.2f}x")
    print(f"pydantic-ai, 200 steps against 50   {steep:7.2f}x")
    print(f"investigation, 200 against 50       {growth:7.2f}x           {growth / steep:.2f}x")
    print(f"the same in a window of {SMALL:,}     {statistics.median(full):7.2f}x")
    print(f"a word of the model to the watcher  {word:7.2f} ms")
    print(
        f"targets: {TARGET_MS:g} ms, {TARGET_GROWTH:g}x of its growth, {TARGET_FULL:g}x in a full "
        f"window, {TARGET_WORD_MS:g} ms"
    )


if __name__ == "__main__":
    main()
