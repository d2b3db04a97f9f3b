"""What a question may spend at most, to choose beside it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from workbench.chat.elements import choice
from workbench.core.budget import Budget
from workbench.core.render.html import Html
from workbench.core.terms import Terms

CALLS = (5, 15, 40)
"""Tool calls: a first look, an ordinary question, a long one."""
DOLLARS = tuple(map(Decimal, ("0.10", "0.50", "2.00")))


def budgets(most: Budget, priced: bool) -> Html:
    """A menu of what is less than is set; of dollars only where answers cost any."""
    return choice("budget", "At most", [("", "as set"), *((b, b) for b in _offered(most, priced))])


def within(terms: Terms, chosen: str, most: Budget) -> Terms:
    """These terms with the budget of that name; as they are with one that is not offered."""
    if chosen not in _offered(most, priced=True):
        return terms
    if chosen.startswith("$"):
        return replace(terms, dollars=Decimal(chosen[1:]))
    return replace(terms, tool_calls=int(chosen.partition(" ")[0]))


def _offered(most: Budget, priced: bool) -> tuple[str, ...]:
    return (*_calls(most), *(_dollars(most) if priced else ()))


def _calls(most: Budget) -> Iterator[str]:
    return (f"{n} calls" for n in CALLS if n < (most.tool_calls or n + 1))


def _dollars(most: Budget) -> Iterator[str]:
    return (f"${n}" for n in DOLLARS if most.dollars is None or n < most.dollars)
