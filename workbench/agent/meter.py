"""The one purse of an investigation: what every model and agent in it has spent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RunUsage

from workbench.agent.answers import Ledger
from workbench.agent.choice import ANALYST
from workbench.agent.spending import Stopped, exceeded, usage, warning
from workbench.core.budget import Budget, Usage
from workbench.core.investigation import WORKBENCH, ModelAnswered, Said


class Meter:
    """Adds up usage and holds it against the budget.

    ``spent`` is handed to each run of the agent library, which adds to it.
    """

    def __init__(
        self, budget: Budget, ledger: Ledger, clock: Callable[[], datetime], began: datetime
    ) -> None:
        self.budget = budget
        self.ledger = ledger
        self.clock = clock
        self.began = began
        self.spent = RunUsage()
        self._unpriced: set[str] = set()

    @property
    def used(self) -> Usage:
        """So far, with dollars only when the price of every answer is known."""
        found = usage(
            self.spent,
            requests=self.spent.requests,
            tool_calls=self.ledger.calls,
            seconds=self._seconds,
        )
        return msgspec.structs.replace(found, dollars=None) if self._unpriced else found

    @property
    def seconds_left(self) -> float | None:
        if self.budget.seconds is None:
            return None
        return max(self.budget.seconds - self._seconds, 0.001)

    @property
    def _seconds(self) -> float:
        return (self.clock() - self.began).total_seconds()

    def check(self) -> None:
        """Go on only while the budget has room. Raises Stopped.

        What is known of the dollars spent counts, even where it is not all.
        """
        reason = exceeded(self.budget, self._known)
        if reason:
            raise Stopped(reason)

    def warning(self) -> str:
        """What the agent is told at 80 % of a limit; "" before."""
        return warning(self.budget, self._known)

    @property
    def _known(self) -> Usage:
        return msgspec.structs.replace(self.used, dollars=self.spent.cost)

    def answered(
        self, response: ModelResponse, model: str, agent: str
    ) -> list[ModelAnswered | Said]:
        """The steps that tell what an answer cost: none for the analyst, which costs nothing.

        The first answer of a model whose price is not known says so when there is a limit of
        dollars, which it makes void.
        """
        if model == ANALYST:
            return []
        cost = usage(response.usage)
        steps: list[ModelAnswered | Said] = [
            ModelAnswered(at=self.clock(), model=model, usage=cost, agent=agent)
        ]
        if cost.dollars is None and model not in self._unpriced:
            self._unpriced.add(model)
            if self.budget.dollars is not None:
                words = (
                    f"The price of {model} is not known: the limit of ${self.budget.dollars} "
                    "cannot be held, only those of tokens, calls and time."
                )
                steps.append(Said(at=self.clock(), text=words, agent=WORKBENCH))
        return steps
