"""One run of the pydantic-ai agent, told as steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing

import pydantic_ai
from pydantic_ai import Agent, AgentRunResultEvent, ToolOutput
from pydantic_ai.agent import AgentRunEvents
from pydantic_ai.exceptions import (
    AgentRunError,
    FallbackExceptionGroup,
    ModelContextWindowExceededError,
    RunTimedOut,
    ToolFailed,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.messages import (
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ModelMessage,
    OutputToolCallEvent,
    PartDeltaEvent,
    PartEndEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolReturnPart,
)
from pydantic_ai.models import Model
from pydantic_ai.usage import UsageLimits

from workbench.agent.answers import Answer
from workbench.agent.choice import ANALYST
from workbench.agent.compaction import BYTES_PER_TOKEN
from workbench.agent.disguise import Disguise
from workbench.agent.failures import Failure, failure, writes_calls
from workbench.agent.framing import MODEL_CHARACTERS
from workbench.agent.hearing import Hearing, NoCalls
from workbench.agent.meter import Meter
from workbench.agent.objections import Output, revealed
from workbench.agent.opening import instructions, opening
from workbench.agent.output import CONCLUDE, ConclusionForm, conclusion
from workbench.agent.patience import pause, resumable
from workbench.agent.quotation import checked
from workbench.agent.specialists import Consult, Specialist, in_words, merged
from workbench.agent.spending import Stopped
from workbench.agent.toolset import HubToolset
from workbench.agent.traced import in_trace, instrumentation
from workbench.agent.triage import answered_step
from workbench.agent.watch import Watch
from workbench.agent.words import OnText, Words
from workbench.core.agents import DEFAULT, AgentProfile
from workbench.core.budget import Usage
from workbench.core.characters import visible
from workbench.core.cluster import Scope
from workbench.core.investigation import (
    WORKBENCH,
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

_REQUESTS_BEYOND_CALLS = 10  # model requests allowed besides one per tool call: a loop must end
_REQUESTS = 200  # when tool calls are not limited
_SHARE_OF_WINDOW = 8  # one result takes no more than this part of what the model holds


class Conversation:
    """Models of which one answers, the tools it may call and what was said so far.

    ``steps()`` runs it once. Afterwards ``conclusion`` holds what the model concluded, or None.

    models: the first is asked; the others take over, in order, when it gives no answer.
    agent: the specialist it is, "" for the one that was asked.
    reviewer: the model that reads the conclusion once more, SAME for the one that made it.
    earlier: what was found before in the same conversation, and ``known`` the labels it may cite.
    """

    def __init__(
        self,
        *,
        models: Sequence[Model],
        tools: Tools,
        context: CallContext,
        meter: Meter,
        cluster: str,
        replaced: Collection[Replaced] = (),
        profile: AgentProfile = DEFAULT,
        agent: str = "",
        specialists: Sequence[Specialist] = (),
        reviewer: Model | str | None = None,
        on_text: OnText | None = None,
        earlier: str = "",
        known: frozenset[str] = frozenset(),
    ) -> None:
        self.conclusion: Conclusion | None = None
        self._models = models
        self._tools = tools
        self._context = context
        self._meter = meter
        self._cluster = cluster
        self._replaced = replaced
        self._profile = profile
        self._agent_name = agent
        self._on_text = on_text
        self._earlier = earlier
        self._known = known
        self._reviewer = reviewer
        self._aside: asyncio.Queue[Step | None] = asyncio.Queue()
        self._consult = Consult(specialists, self._hand_over) if specialists else None

    @property
    def usage(self) -> Usage:
        """What was spent so far, by whoever shares the purse."""
        return self._meter.used

    async def steps(self, question: str, scope: Scope) -> AsyncGenerator[Step]:
        """Calls, answers and words as they happen; a Failed step when every model gave up.

        Raises Stopped when a limit of the budget is reached.
        """
        own = self._lineup(question, scope)
        every = merged(own, self._aside) if self._consult else own
        async with aclosing(every) as steps:
            async for step in steps:
                yield step

    async def _lineup(self, question: str, scope: Scope) -> AsyncGenerator[Step]:
        """One model after the other, until one has answered."""
        for place, model in enumerate(self._models, 1):
            self._take_up(model, question, scope)
            failed: Failed | None = None
            async with aclosing(self._asked()) as steps:
                async for step in steps:
                    if isinstance(step, Failed) and place < len(self._models):
                        failed = step
                        break
                    yield step
            if failed is None:
                return
            words = f"{failed.reason} Going on with {self._models[place].model_name}."
            yield Said(at=self._meter.clock(), text=words, agent=WORKBENCH)

    def _take_up(self, model: Model, question: str, scope: Scope) -> None:
        """Begin with a model: what tools have answered so far is given to it as calls it made."""
        self._model = model
        self._disguise = Disguise() if model.model_name == ANALYST else Disguise(self._replaced)
        self._disguise.about(self._cluster, scope)
        self._words = Words(self._disguise, self._on_text)
        self._events: AgentRunEvents[Output] | None = None
        limit = _result_limit(model)
        self._toolset = HubToolset(
            self._tools,
            self._context,
            self._meter,
            self._cluster,
            self._disguise,
            limit,
            self._agent_name,
        )
        self._watch = Watch(
            self._meter, self._agent_name, toolset=self._toolset, window=model.context_window
        )
        self._hearing = Hearing(
            model, question, self._toolset, self._watch, self._known, self._reviewer
        )
        answers = self._meter.ledger.answers
        given = tuple(a for a in answers if a.given) if self._agent_name else answers
        self._history = opening(
            question,
            scope,
            given,
            self._cluster,
            self._disguise,
            earlier=self._earlier,
            limit=limit,
        )
        self._scope = scope
        self._runner = self._make_runner()

    def _make_runner(self) -> Agent[object, Output]:
        runner: Agent[object, Output] = Agent(
            self._model,
            name=self._agent_name or "investigator",
            instructions=instructions(self._profile, specialist=bool(self._agent_name)),
            output_type=[ToolOutput(ConclusionForm, name=CONCLUDE), str],
            toolsets=[self._toolset, *([self._consult] if self._consult else ())],
            capabilities=[self._watch, *instrumentation()],
            retries={"tools": 3, "output": 3},
        )
        runner.output_validator(self._hearing.hear)
        return runner

    async def _asked(self) -> AsyncGenerator[Step]:
        """What the model does; asked again while its trouble may pass, then a Failed step."""
        tried = 0
        while True:
            answers = self._watch.answers
            try:
                async with aclosing(self._run()) as steps:
                    async for step in steps:
                        yield step
                return
            except (AgentRunError, FallbackExceptionGroup, UserError) as error:
                tried = 1 if self._watch.answers > answers else tried + 1
                wait = self._pause(error, tried)
                for told in self._told():
                    yield told
                if wait is None:
                    yield self._failed(error)
                    return
                self._history = self._reached()
            await asyncio.sleep(wait)

    def _pause(self, error: Exception, tried: int) -> float | None:
        """Seconds before the model is asked again; None when that is no use. Raises Stopped."""
        if isinstance(error, RunTimedOut):
            raise Stopped(
                f"the time limit of {self._meter.budget.seconds or 0:g} seconds is reached"
            ) from error
        if isinstance(error, UsageLimitExceeded):
            raise Stopped("the model kept asking and did not conclude") from error
        if isinstance(error, ModelContextWindowExceededError):
            return 0.0 if self._watch.overflowed() else None
        return pause(error, tried, self._meter.seconds_left)

    def _reached(self) -> list[ModelMessage]:
        """How far the run came: what it said and what tools answered, to go on from there."""
        try:
            messages = resumable(self._events.all_messages()) if self._events else []
        except UserError:  # it failed before it began
            return self._history
        return messages or self._history

    def _failed(self, error: Exception) -> Failed:
        name = self._model.model_name
        reason, hint = writes_calls(name) if isinstance(error, NoCalls) else self._why(error)
        return Failed(at=self._meter.clock(), reason=reason, hint=hint, usage=self._meter.used)

    def _why(self, error: Exception) -> Failure:
        return failure(error, self._model.model_name)

    async def _run(self) -> AsyncGenerator[Step]:
        said: list[str] = []
        async with (
            self._runner.run_stream_events(
                message_history=self._history,
                usage=self._meter.spent,
                usage_limits=UsageLimits(request_limit=self._request_limit()),
                timeout=self._meter.seconds_left,
            ) as self._events,
            aclosing(in_trace(self._events, self._context.investigation)) as events,
        ):
            async for event in events:
                match event:
                    case PartStartEvent(part=TextPart(content=text)):
                        self._words.add(text)
                    case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                        self._words.add(text)
                    case PartEndEvent(part=TextPart(content=text)) if text.strip():
                        self._words.end()
                        said.append(self._disguise.reveal(text.strip()))
                    case FunctionToolCallEvent() | OutputToolCallEvent():
                        for told in self._told():
                            yield told
                        for words in said:
                            yield Said(at=self._meter.clock(), text=words, agent=self._agent_name)
                        said.clear()
                        if isinstance(event, FunctionToolCallEvent):
                            self._meter.check()
                            yield self._called(event)
                    case FunctionToolResultEvent(part=part):
                        yield self._answered(part)
                    case AgentRunResultEvent(result=result):
                        for told in self._told():
                            yield told
                        self.conclusion = conclusion(revealed(result.output, self._disguise))

    def _told(self) -> list[Step]:
        """What the last answers cost."""
        told: list[Step] = list(self._watch.steps)
        self._watch.steps.clear()
        return told

    def _called(self, event: FunctionToolCallEvent) -> ToolCalled:
        part = event.part
        return ToolCalled(
            at=self._meter.clock(),
            call_id=self._toolset.call_id(part.tool_call_id),
            tool=part.tool_name,
            arguments=self._disguise.reveal_value(part.args_as_dict()),
            agent=self._agent_name,
        )

    def _answered(self, part: ToolReturnPart) -> ToolAnswered:
        call_id = self._toolset.call_id(part.tool_call_id)
        answer = self._meter.ledger.get(call_id)
        if answer is None:  # not the hub's: bad arguments, unknown name, no budget, a specialist
            answer = Answer(
                call_id=call_id,
                tool=part.tool_name,
                remote_name=part.tool_name,
                arguments={},
                text=self._disguise.reveal(part.model_response_str()),
                failed=part.outcome != "success",
            )
        return answered_step(answer, self._meter.clock(), self._agent_name)

    async def _hand_over(self, chosen: Specialist, question: str, number: int) -> str:
        """Have a specialist look: the same purse and record, its steps among ours as they come."""
        nested = Conversation(
            models=chosen.models or self._models,
            tools=chosen.tools,
            context=self._context,
            meter=self._meter,
            cluster=self._cluster,
            replaced=self._replaced,
            profile=chosen.profile,
            agent=f"{chosen.profile.name}-{number}",
        )
        async with aclosing(nested.steps(self._disguise.reveal(question), self._scope)) as steps:
            async for step in steps:
                if isinstance(step, Failed):
                    raise ToolFailed(self._disguise.hide(step.reason))
                self._aside.put_nowait(step)
        found = nested.conclusion or Conclusion(verdict="Nothing was found.")
        ledger = self._meter.ledger
        found = checked(found, ledger.labels, ledger.answers)
        for answer in ledger.answers:
            self._disguise.learn(answer)
        return self._disguise.hide(visible(in_words(found)))

    def _request_limit(self) -> int:
        calls = self._meter.budget.tool_calls
        return _REQUESTS if calls is None else calls + _REQUESTS_BEYOND_CALLS


def _result_limit(model: Model) -> int:
    """Characters of one result, so that a small model can hold several."""
    if model.context_window is None:
        return MODEL_CHARACTERS
    share = model.context_window * BYTES_PER_TOKEN / _SHARE_OF_WINDOW
    return min(MODEL_CHARACTERS, int(share))
