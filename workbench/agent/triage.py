"""The first call of every investigation: what the analyzers say, before any model is asked."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from workbench.agent.answers import Answer, Ledger, answered
from workbench.agent.summaries import summary
from workbench.core.cluster import Scope
from workbench.core.diagnosis import Diagnosis, from_json
from workbench.core.investigation import FindingsRaised, ToolAnswered, ToolCalled
from workbench.core.scoping import NO_NAMESPACE
from workbench.core.tools import CallContext, Tools, ToolSpec
from workbench.errors import UsageError, WorkbenchError

DIAGNOSE = "diagnose"


def diagnosis_in(data: Any) -> Diagnosis | None:
    """The diagnosis a tool's structured answer holds, or None when it holds none that is valid."""
    if isinstance(data, dict) and set(data) == {"result"}:  # how FastMCP wraps what is no object
        data = data["result"]
    try:
        said = from_json(data)
        return msgspec.convert(msgspec.to_builtins(said), Diagnosis)  # every field of its type
    except (LookupError, TypeError, ValueError, AttributeError, msgspec.MsgspecError):
        return None


def diagnose_tool(specs: tuple[ToolSpec, ...]) -> ToolSpec | None:
    """The tool that runs the analyzers, when a connected server offers one."""
    return next((s for s in specs if s.remote_name == DIAGNOSE), None)


def diagnose_arguments(spec: ToolSpec, scope: Scope) -> dict[str, Any]:
    """The scope in the words of the tool's input schema; what it does not take is left out.

    How far back is a length of time (``900s``), or seconds where the tool wants a number.
    """
    taken = spec.input_schema.get("properties", {})
    wanted: dict[str, Any] = {}
    if scope.namespaces:
        wanted["namespaces"] = list(scope.namespaces)
    if scope.selector:
        wanted["selector"] = scope.selector
    if scope.since:
        isnumber = taken.get("since", {}).get("type") in ("integer", "number")
        wanted["since"] = scope.since if isnumber else f"{scope.since}s"
    return {k: v for k, v in wanted.items() if k in taken}


async def triage(
    tools: Tools,
    scope: Scope,
    context: CallContext,
    ledger: Ledger,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> AsyncGenerator[ToolCalled | ToolAnswered | FindingsRaised]:
    """Call ``diagnose`` once, put its answer into the ledger, and yield what happened.

    Yields nothing when no server offers the tool. A call that fails is a failed answer: the
    investigation goes on without findings. Raises UsageError for a scope that is not there: an
    answer about another one would be no answer.
    """
    spec = diagnose_tool(await tools.list())
    if spec is None or not ledger.open():
        return
    call_id = f"triage_{new_id().hex}"
    arguments = diagnose_arguments(spec, scope)
    yield ToolCalled(at=clock(), call_id=call_id, tool=spec.name, arguments=arguments)
    answer = await call_once(tools, spec, call_id, arguments, context)
    ledger.add(answer)
    yield answered_step(answer, clock())
    if answer.failed and scope.namespaces and answer.text.startswith(NO_NAMESPACE):
        raise UsageError(answer.text)
    diagnosis = None if answer.failed else diagnosis_in(answer.data)
    if diagnosis is not None:
        yield FindingsRaised(
            at=clock(),
            findings=diagnosis.findings,
            gaps=diagnosis.gaps,
            evidence=answer.evidence,
        )


async def call_once(
    tools: Tools, spec: ToolSpec, call_id: str, arguments: dict[str, Any], context: CallContext
) -> Answer:
    """The tool's answer; an error instead of one becomes a failed answer with its sentence."""
    began = time.perf_counter()
    try:
        result = await tools.call(spec.name, arguments, context)
    except WorkbenchError as error:
        return Answer(
            call_id=call_id,
            tool=spec.name,
            remote_name=spec.remote_name,
            arguments=arguments,
            text=str(error),
            failed=True,
            duration_ms=_since(began),
        )
    return answered(spec, call_id, arguments, result, _since(began))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def answered_step(answer: Answer, at: datetime, agent: str = "") -> ToolAnswered:
    """The step that says a call came back."""
    return ToolAnswered(
        at=at,
        call_id=answer.call_id,
        tool=answer.tool,
        evidence=answer.evidence,
        summary=summary(answer),
        failed=answer.failed,
        duration_ms=answer.duration_ms,
        agent=agent,
    )
