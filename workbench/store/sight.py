"""Whose rows are seen from here on: what PostgreSQL's row security goes by.

It holds for a task and all that it starts, and matters only where the database keeps people apart
(see sql/migrations/0013_row_security.sql).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum

import msgspec


class Sight(Enum):
    """How far somebody sees: their ``OWN`` and what is everybody's; proposed ``CHANGES`` too, with
    their investigations; ``EVERYBODY``'s."""

    OWN = "own"
    CHANGES = "changes"
    EVERYBODY = "everybody"


class Seeing(msgspec.Struct, frozen=True):
    """``user``: by the name the record knows them by."""

    user: str
    sight: Sight


_FOR_ALL = Seeing("", Sight.EVERYBODY)
_SEEING: ContextVar[Seeing | None] = ContextVar("seeing", default=None)


def see_as(user: str, sight: Sight = Sight.OWN) -> None:
    """From here on, see as ``user``. Before anybody says so, everybody's rows are seen: a worker
    acts for all."""
    _SEEING.set(Seeing(user, sight))


@contextmanager
def for_all() -> Iterator[None]:
    """See everybody's rows in here, on whosever behalf the rest is done."""
    before = _SEEING.set(_FOR_ALL)
    try:
        yield
    finally:
        _SEEING.reset(before)


def seeing() -> Seeing:
    """Whose rows are seen."""
    return _SEEING.get() or _FOR_ALL


def session_settings() -> dict[str, str]:
    """The same for all that a connection does, whoever asks later."""
    who = seeing()
    return {"workbench.user": who.user, "workbench.sees": who.sight.value}
