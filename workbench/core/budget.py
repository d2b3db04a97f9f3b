"""What an investigation may spend, and what it spent."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Spent so far. ``dollars`` is None when the model's price is not known."""

    input_tokens: int = 0
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
