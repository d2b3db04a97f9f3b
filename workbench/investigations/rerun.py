"""Ask the same questions again: the reading calls of an investigation, now or elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from workbench.core.evidence import Evidence, Outcome
from workbench.core.redaction import mark
from workbench.core.tools import CallContext, Tools, ToolSpec
from workbench.errors import ToolError

Read = Callable[[str], Awaitable[Evidence]]
"""From the label of a call just made to its row."""
MARK = mark("")[:-1]


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded call and the same call made again. after: None when it could not be made or gave
    no answer; ``problem`` says why."""

    before: Evidence
    after: Evidence | None = None
    problem: str = ""


async def rerun(
    evidence: Sequence[Evidence],
    tools: Tools,
    context: CallContext,
    read: Read,
) -> tuple[Again, ...]:
    """Make every distinct reading call of ``evidence`` again, each recorded under ``context``.

    Calls that may change something are never made again, nor are those whose arguments held a
    secret, which was not recorded.
    """
    specs = {spec.name: spec for spec in await tools.list()}
    return tuple([await _again(one, specs, tools, context, read) for one in distinct(evidence)])


ANSWERED = (Outcome.DONE, Outcome.FAILED)


def distinct(evidence: Sequence[Evidence]) -> Iterator[Evidence]:
    """Of calls with the same arguments the last one that was answered, in their order."""
    newest = {question(one): one for one in evidence if one.outcome in ANSWERED}
    yield from newest.values()


def question(one: Evidence) -> bytes:
    """What was asked: the same for the same tool and arguments."""
    return msgspec.json.encode([one.tool, one.arguments], order="sorted")


async def _again(
    one: Evidence,
    specs: dict[str, ToolSpec],
    tools: Tools,
    context: CallContext,
    read: Read,
) -> Again:
    problem = _obstacle(one, specs.get(one.tool))
    if problem:
        return Again(before=one, problem=problem)
    try:
        result = await tools.call(one.tool, one.arguments, context)
    except ToolError as error:
        return Again(before=one, problem=error.message)
    return Again(before=one, after=await read(result.evidence))


def _obstacle(one: Evidence, spec: ToolSpec | None) -> str:
    if spec is None:
        return "no connected server offers this tool"
    if not spec.read_only:
        return "it may change something, so it is not made again"
    if MARK in msgspec.json.encode(one.arguments).decode():
        return "an argument held a secret, which was not recorded"
    return ""
