"""What an investigation may spend, and what it spent."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from workbench.core.counted import counted


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Spent so far. ``dollars`` is None when the model's price is not known.

    cached_tokens: how many of the input tokens the provider had kept from before.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    tool_calls: int = 0
    seconds: float = 0.0
    dollars: Decimal | None = None


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one investigation; None means no limit."""

    tokens: int | None = None
    dollars: Decimal | None = None
    seconds: float | None = 600.0
    tool_calls: int | None = 60


def spendable(budget: Budget) -> str:
    """A budget in words: ``60 tool calls, 600 s, $0.50``."""
    parts = (
        counted(budget.tool_calls, "tool call") if budget.tool_calls is not None else "",
        f"{budget.seconds:g} s" if budget.seconds is not None else "",
        f"{budget.tokens:,} tokens" if budget.tokens is not None else "",
        f"${budget.dollars}" if budget.dollars is not None else "",
    )
    return ", ".join(part for part in parts if part) or "no limit"
