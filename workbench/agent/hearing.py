"""What a conclusion has to stand before anybody sees it."""

from __future__ import annotations

from pydantic_ai import ModelRetry, RunContext
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models import Model

from workbench.agent.choice import ANALYST, SAME
from workbench.agent.objections import Output, objection, revealed, written_call
from workbench.agent.output import CONCLUDE, ConclusionForm
from workbench.agent.reviewer import review
from workbench.agent.toolset import HubToolset
from workbench.agent.watch import Watch


class NoCalls(AgentRunError):
    """The model writes tool calls as text, so that nothing it asks for is ever called."""


class Hearing:
    """Sends a conclusion back: once for citing or quoting what does not exist, or for being plain
    text, and once for what a reviewer objects.

    known: labels that may be cited beside those of this investigation.
    reviewer: who reads it once more, SAME for the model itself.
    """

    def __init__(
        self,
        model: Model,
        question: str,
        toolset: HubToolset,
        watch: Watch,
        known: frozenset[str],
        reviewer: Model | str | None,
    ) -> None:
        self._question = question
        self._toolset = toolset
        self._watch = watch
        self._known = known
        own = model.model_name == ANALYST  # its conclusions are computed from the evidence
        self._reviewer = None if own else model if reviewer == SAME else reviewer
        self._bounced = False

    async def hear(self, ctx: RunContext[object], output: Output) -> Output:
        """Raises ModelRetry with what is wrong, and NoCalls for text that calls a tool."""
        if ctx.partial_output:
            return output
        if isinstance(output, str):
            tool = written_call(output, (*self._toolset.names, CONCLUDE))
            if tool:
                raise NoCalls(tool)
        if not self._bounced:
            self._check(output)
        if isinstance(output, ConclusionForm):
            await self._review(output)
        return output

    def _check(self, output: Output) -> None:
        disguise, ledger = self._toolset.disguise, self._watch.meter.ledger
        shown = revealed(output, disguise)
        complaint = objection(shown, ledger.labels | self._known, ledger.answers)
        if complaint:
            self._bounced = True
            raise ModelRetry(disguise.hide(complaint))

    async def _review(self, output: ConclusionForm) -> None:
        """Of the first conclusion that might be shown; what comes after it is not read again."""
        reader, self._reviewer = self._reviewer, None
        if not isinstance(reader, Model):
            return
        read = await review(reader, self._question, output, self._watch.meter, self._toolset)
        self._watch.steps += read.steps
        if read.complaint:
            raise ModelRetry(read.complaint)
