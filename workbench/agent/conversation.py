"""One run of the pydantic-ai agent, told as steps."""

from __future__ import annotations

import asyncio
import importlib.resources
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from datetime import datetime

import pydantic_ai
from pydantic_ai import Agent, AgentRunResultEvent, ModelRetry, RunContext, ToolOutput
from pydantic_ai.agent import AgentRunEvents
from pydantic_ai.exceptions import (
    AgentRunError,
    FallbackExceptionGroup,
    RunTimedOut,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.messages import (
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    OutputToolCallEvent,
    PartEndEvent,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.usage import RunUsage, UsageLimits

from workbench.agent.answers import Answer, Ledger
from workbench.agent.disguise import Disguise
from workbench.agent.failures import failure
from workbench.agent.output import (
    CONCLUDE,
    ConclusionForm,
    conclusion,
    unknown_labels,
)
from workbench.agent.patience import pause, resumable
from workbench.agent.spending import Stopped, exceeded, usage
from workbench.agent.toolset import HubToolset, framed, metadata
from workbench.agent.triage import answered_step
from workbench.core.budget import Budget, Usage
from workbench.core.cluster import Scope
from workbench.core.investigation import (
    Conclusion,
    Failed,
    Said,
    Step,
    ToolAnswered,
    ToolCalled,
)
from workbench.core.pseudonyms import Replaced
from workbench.core.tools import CallContext, Tools

pydantic_ai.BANNER_ENABLED = False

Output = ConclusionForm | str
_REQUESTS_BEYOND_CALLS = 10  # model requests allowed besides one per tool call: a loop must end
_REQUESTS = 200  # when tool calls are not limited


class Conversation:
    """A model, the tools it may call and what was said so far.

    ``steps()`` runs it once. Afterwards ``conclusion`` holds what the model concluded, or None,
    and ``usage`` what it spent.
    """

    def __init__(
        self,
        *,
        model: Model,
        tools: Tools,
        context: CallContext,
        ledger: Ledger,
        budget: Budget,
        cluster: str,
        clock: Callable[[], datetime],
        began: datetime,
        replaced: Collection[Replaced] = (),
    ) -> None:
        self._disguise = Disguise(replaced)
        self.conclusion: Conclusion | None = None
        self._ledger = ledger
        self._budget = budget
        self._clock = clock
        self._began = began
        self._cluster = cluster
        self._model = model
        self._bounced = False
        self._spent = RunUsage()
        self._events: AgentRunEvents[Output] | None = None
        toolset = HubToolset(tools, context, ledger, cluster, self._guard, self._disguise)
        self._agent = self._make_agent(toolset)

    def _make_agent(self, toolset: HubToolset) -> Agent[object, Output]:
        agent: Agent[object, Output] = Agent(
            self._model,
            name="investigator",
            instructions=instructions(),
            output_type=[ToolOutput(ConclusionForm, name=CONCLUDE), str],
            toolsets=[toolset],
            retries={"tools": 3, "output": 3},
        )
        agent.output_validator(self._check)
        return agent

    def _check(self, ctx: RunContext[object], output: Output) -> Output:
        """Send a conclusion back once: for citing what does not exist, or for being plain text."""
        if ctx.partial_output or self._bounced:
            return output
        complaint = objection(output, self._ledger.labels)
        if complaint:
            self._bounced = True
            raise ModelRetry(complaint)
        return output

    @property
    def usage(self) -> Usage:
        seconds = (self._clock() - self._began).total_seconds()
        return usage(self._spent if self._events else None, self._ledger.calls, seconds)

    async def steps(self, question: str, scope: Scope) -> AsyncGenerator[Step]:
        """Calls, answers and words as they happen; a Failed step when the model gives up.

        Raises Stopped when a limit of the budget is reached.
        """
        self._disguise.about(self._cluster, scope)
        history = opening(question, scope, self._ledger.answers, self._cluster, self._disguise)
        tried = 0
        while True:
            try:
                async with aclosing(self._run(history)) as steps:
                    async for step in steps:
                        yield step
                return
            except (AgentRunError, FallbackExceptionGroup, UserError) as error:
                reached = self._reached(history)
                tried = 1 if len(reached) > len(history) else tried + 1
                wait = self._pause(error, tried)
                if wait is None:
                    yield self._failed(error)
                    return
                history = reached
            await asyncio.sleep(wait)

    def _pause(self, error: Exception, tried: int) -> float | None:
        """Seconds before the model is asked again; None when that is no use. Raises Stopped."""
        if isinstance(error, RunTimedOut):
            raise Stopped(
                f"the time limit of {self._budget.seconds:g} seconds is reached"
            ) from error
        if isinstance(error, UsageLimitExceeded):
            raise Stopped("the model kept asking and did not conclude") from error
        return pause(error, tried, self._seconds_left())

    def _reached(self, history: list[ModelMessage]) -> list[ModelMessage]:
        """How far the run came: what it said and what tools answered, to go on from there."""
        try:
            messages = resumable(self._events.all_messages()) if self._events else []
        except UserError:  # it failed before it began
            return history
        return messages if len(messages) >= len(history) else history

    def _failed(self, error: Exception) -> Failed:
        reason, hint = failure(error, self._model.model_name)
        return Failed(at=self._clock(), reason=reason, hint=hint, usage=self.usage)

    async def _run(self, history: list[ModelMessage]) -> AsyncGenerator[Step]:
        said: list[str] = []
        async with self._agent.run_stream_events(
            message_history=history,
            usage=self._spent,
            usage_limits=UsageLimits(request_limit=self._request_limit()),
            timeout=self._seconds_left(),
        ) as events:
            self._events = events
            async for event in events:
                match event:
                    case PartEndEvent(part=TextPart(content=text)) if text.strip():
                        said.append(self._disguise.reveal(text.strip()))
                    case FunctionToolCallEvent() | OutputToolCallEvent():
                        if isinstance(event, FunctionToolCallEvent):
                            self._guard(events.usage)
                        for words in said:
                            yield Said(at=self._clock(), text=words)
                        said.clear()
                        if isinstance(event, FunctionToolCallEvent):
                            yield self._called(event)
                    case FunctionToolResultEvent(part=part):
                        yield self._answered(part)
                    case AgentRunResultEvent(result=result):
                        self.conclusion = conclusion(self._revealed(result.output))

    def _revealed(self, output: Output) -> Output:
        if isinstance(output, str):
            return self._disguise.reveal(output)
        return ConclusionForm.model_validate(self._disguise.reveal_value(output.model_dump()))

    def _called(self, event: FunctionToolCallEvent) -> ToolCalled:
        part = event.part
        return ToolCalled(
            at=self._clock(),
            call_id=part.tool_call_id,
            tool=part.tool_name,
            arguments=self._disguise.reveal_value(part.args_as_dict()),
        )

    def _answered(self, part: ToolReturnPart) -> ToolAnswered:
        answer = self._ledger.get(part.tool_call_id)
        if answer is None:  # refused before it reached a tool: bad arguments, unknown name, budget
            answer = Answer(
                call_id=part.tool_call_id,
                tool=part.tool_name,
                remote_name=part.tool_name,
                arguments={},
                text=self._disguise.reveal(part.model_response_str()),
                failed=part.outcome != "success",
            )
        return answered_step(answer, self._clock())

    def _guard(self, spent: RunUsage) -> None:
        """A response was paid for: go on only while the budget has room. Raises Stopped."""
        seconds = (self._clock() - self._began).total_seconds()
        reason = exceeded(self._budget, usage(spent, self._ledger.calls, seconds))
        if reason:
            raise Stopped(reason)

    def _request_limit(self) -> int:
        calls = self._budget.tool_calls
        return _REQUESTS if calls is None else calls + _REQUESTS_BEYOND_CALLS

    def _seconds_left(self) -> float | None:
        if self._budget.seconds is None:
            return None
        spent = (self._clock() - self._began).total_seconds()
        return max(self._budget.seconds - spent, 0.001)


def instructions() -> str:
    """The system prompt, ``prompts/investigator.md``."""
    prompts = importlib.resources.files("workbench.agent") / "prompts"
    return (prompts / "investigator.md").read_text(encoding="utf-8")


def objection(output: Output, known: frozenset[str]) -> str:
    """Why a conclusion is sent back to the model; "" when it is not."""
    if isinstance(output, str):
        return f"Give the conclusion by calling `{CONCLUDE}`, with evidence for each claim."
    missing = unknown_labels(output, known)
    if not missing:
        return ""
    have = ", ".join(sorted(known)) or "none"
    return (
        f"No tool result of this investigation is labelled {', '.join(missing)}. Labels that "
        f"exist: {have}. Cite only these; a claim without evidence is shown as a hypothesis."
    )


def opening(
    question: str,
    scope: Scope,
    answers: tuple[Answer, ...],
    cluster: str,
    disguise: Disguise | None = None,
) -> list[ModelMessage]:
    """The messages a run starts from: the question, and the calls already made for the model."""
    disguise = disguise or Disguise()
    for answer in answers:
        disguise.learn(answer)
    asked = [disguise.hide(text) for text in (question, scope_in_words(scope, cluster))]
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(asked)])]
    for answer in answers:
        arguments = disguise.hide_value(answer.arguments)
        call = ToolCallPart(answer.tool, arguments, tool_call_id=answer.call_id)
        back = ToolReturnPart(
            answer.tool,
            disguise.hide(framed(answer, cluster)),
            tool_call_id=answer.call_id,
            metadata=metadata(answer),
            outcome="failed" if answer.failed else "success",
        )
        messages += [ModelResponse(parts=[call]), ModelRequest(parts=[back])]
    return messages


def scope_in_words(scope: Scope, cluster: str) -> str:
    """The scope as a line for the model."""
    parts = [f"cluster {cluster}"] if cluster else []
    parts.append(
        f"namespaces {', '.join(scope.namespaces)}" if scope.namespaces else "all namespaces"
    )
    if scope.selector:
        parts.append(f"objects with labels {scope.selector}")
    if scope.since:
        parts.append(f"events and logs of the last {scope.since} seconds")
    return f"(Scope: {'; '.join(parts)}.)"
