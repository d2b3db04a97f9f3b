"""What a run has spent, and which limit it has reached."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from workbench.core.budget import Budget, Usage


class Spent(Protocol):
    """The part of pydantic-ai's RunUsage that is read here."""

    input_tokens: int
    output_tokens: int
    requests: int
    cost: Decimal | None


class Stopped(Exception):
    """A limit of the budget is reached; ``reason`` says which, in words for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def usage(spent: Spent | None, tool_calls: int, seconds: float) -> Usage:
    """The run's usage; ``spent`` is None when no model was asked."""
    if spent is None:
        return Usage(tool_calls=tool_calls, seconds=seconds)
    return Usage(
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        requests=spent.requests,
        tool_calls=tool_calls,
        seconds=seconds,
        dollars=spent.cost,
    )


def exceeded(budget: Budget, used: Usage) -> str:
    """Which limit is passed, in words for the person; "" while none is.

    Tool calls are not judged here: the toolset refuses those beyond the limit, so that the model
    can still conclude.
    """
    tokens = used.input_tokens + used.output_tokens
    if budget.tokens is not None and tokens > budget.tokens:
        return f"the budget of {budget.tokens} tokens is used up ({tokens} spent)"
    if budget.dollars is not None and used.dollars is not None and used.dollars > budget.dollars:
        return f"the budget of ${budget.dollars} is used up (${used.dollars:.4f} spent)"
    if budget.seconds is not None and used.seconds > budget.seconds:
        return f"the time limit of {budget.seconds:g} seconds is reached"
    return ""
