"""How much one person may ask for in a day, and when there is room again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from workbench.core.counted import counted
from workbench.errors import QuotaUsed, SettingsError

WINDOW = timedelta(days=1)
"""Any 24 hours, not a calendar day: nobody's day begins at midnight UTC."""
OTHERS = "default"
"""Stands for the roles that have no quota of their own."""


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one person may have in WINDOW; None for no limit."""

    investigations: Annotated[int, msgspec.Meta(ge=1)] | None = None
    tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    dollars: Decimal | None = None

    def __post_init__(self) -> None:
        if self.dollars is not None and self.dollars <= 0:
            raise ValueError("dollars are more than 0")


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One investigation and what models have cost it so far; dollars where their price is known."""

    at: datetime
    tokens: int = 0
    dollars: Decimal = Decimal()


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One of the limits of a quota. ``frees``: when there is room again; None while there is."""

    name: str
    used: int | Decimal
    most: int | Decimal
    frees: datetime | None = None

    @property
    def text(self) -> str:
        """``12 of 50 investigations``."""
        return f"{_amount(self.name, self.used)} of {_amount(self.name, self.most)} {self.name}"


AMOUNTS: Mapping[str, Callable[[Asking], int | Decimal]] = {
    "investigations": lambda asking: 1,
    "tokens": lambda asking: asking.tokens,
    "dollars": lambda asking: asking.dollars,
}


def measures(quota: Quota, asked: Sequence[Asking]) -> tuple[Measure, ...]:
    """How much of each limit is used by what was asked within WINDOW, the oldest first."""
    found = []
    for name, amount in AMOUNTS.items():
        most = getattr(quota, name)
        if most is not None:
            amounts = [(asking.at, amount(asking)) for asking in asked]
            used = sum(much for _, much in amounts)
            frees = _frees(amounts, used, most) if used >= most else None
            found.append(Measure(name=name, used=used, most=most, frees=frees))
    return tuple(found)


def check(person: str, quota: Quota, asked: Sequence[Asking], now: datetime, *, new: bool) -> None:
    """Raises QuotaUsed with what is used up and when there is room.

    new: another investigation begins; else one is taken up again, which only spends more.
    """
    full = [m for m in measures(quota, asked) if m.frees and (new or m.name != "investigations")]
    last = max(full, key=lambda measure: measure.frees or now, default=None)
    if last is None or last.frees is None:
        return
    seconds = max(1, round((last.frees - now).total_seconds()))
    raise QuotaUsed(
        f"{person} has used {last.text} within {counted(WINDOW // timedelta(hours=1), 'hour')}.",
        f"There is room again at {last.frees:%Y-%m-%d %H:%M} UTC.",
        seconds,
    )


def quota_of(quotas: Mapping[str, Quota], role: str) -> Quota | None:
    """The quota of a role, or None where it has none."""
    return quotas.get(role) or quotas.get(OTHERS)


def parse_quotas(tree: Any) -> dict[str, Quota]:
    """The ``[quotas.ROLE]`` tables of a settings file. Raises SettingsError with one line."""
    try:
        return msgspec.convert(tree, dict[str, Quota])
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"quotas are not usable: {error}.",
            "Like [quotas.operator] with investigations = 50 and dollars = 10.",
        ) from error


def _frees(
    amounts: Sequence[tuple[datetime, int | Decimal]], used: int | Decimal, most: int | Decimal
) -> datetime:
    """When so much of it is older than WINDOW that less than ``most`` is left."""
    for at, much in amounts:
        used -= much
        if used < most:
            return at + WINDOW
    return amounts[-1][0] + WINDOW


def _amount(name: str, value: int | Decimal) -> str:
    return f"{value:.2f}" if name == "dollars" else f"{value:,}"
