"""What a run has spent, and which limit it has reached."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Protocol

from workbench.core.budget import Budget, Usage

WARN_AT = Decimal("0.8")
"""Of any limit: from here on each answer tells the agent to sum up."""


class Spent(Protocol):
    """The part of pydantic-ai's usage that is read here."""

    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    cost: Decimal | None


class Stopped(Exception):
    """A limit of the budget is reached; ``reason`` says which, in words for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def usage(spent: Spent, *, requests: int = 1, tool_calls: int = 0, seconds: float = 0.0) -> Usage:
    """The workbench's noun for it."""
    return Usage(
        input_tokens=spent.input_tokens,
        cached_tokens=spent.cache_read_tokens,
        output_tokens=spent.output_tokens,
        requests=requests,
        tool_calls=tool_calls,
        seconds=seconds,
        dollars=spent.cost,
    )


def exceeded(budget: Budget, used: Usage) -> str:
    """Which limit is reached, in words for the person; "" while none is.

    Tool calls are not judged here: the toolset refuses those beyond the limit, so that the model
    can still conclude.
    """
    tokens = used.input_tokens + used.output_tokens
    if budget.tokens is not None and tokens >= budget.tokens:
        return f"the budget of {budget.tokens} tokens is used up ({tokens} spent)"
    if budget.dollars is not None and used.dollars is not None and used.dollars >= budget.dollars:
        return f"the budget of ${budget.dollars} is used up (${used.dollars:.4f} spent)"
    if budget.seconds is not None and used.seconds >= budget.seconds:
        return f"the time limit of {budget.seconds:g} seconds is reached"
    return ""


def warning(budget: Budget, used: Usage) -> str:
    """What the agent is told when little is left of a limit; "" while there is enough of all."""
    short = [f"{left} of {limit} {unit} left" for left, limit, unit in _short(budget, used)]
    return f"({', '.join(short)}: sum up now and conclude.)" if short else ""


def _short(budget: Budget, used: Usage) -> Iterator[tuple[str, str, str]]:
    """What is left of each limit of which WARN_AT is spent."""
    dollars = None if used.dollars is None else budget.dollars
    for limit, spent, unit in (
        (budget.tool_calls, used.tool_calls, "tool calls"),
        (budget.tokens, used.input_tokens + used.output_tokens, "tokens"),
        (dollars, used.dollars or 0, "dollars"),
        (budget.seconds, used.seconds, "seconds"),
    ):
        if limit is not None and spent >= WARN_AT * Decimal(str(limit)):
            left = max(Decimal(str(limit)) - Decimal(str(spent)), Decimal(0))
            digits = 0 if left == int(left) else 2
            yield f"{left:.{digits}f}", f"{limit:g}" if unit == "seconds" else str(limit), unit
