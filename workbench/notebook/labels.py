"""Whose ``E3`` is meant where nobody says: an investigation's, or this session's own."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from workbench.errors import NotRecorded

if TYPE_CHECKING:
    from workbench.core.engine import Engine
    from workbench.core.investigation import Investigation


class Label(str):
    """``E3`` of something that was returned, which says whose it is whatever came after it.

    investigation: whose; ``S-1`` for a call that a session made itself.
    """

    investigation: str = ""

    @classmethod
    def of(cls, label: str, investigation: str = "") -> Self:
        made = cls(label)
        made.investigation = investigation
        return made


def whose(label: str) -> str:
    """The investigation that a label says it is of; "" where it does not say."""
    return label.investigation if isinstance(label, Label) else ""


class Latest:
    """The investigation that was shown last, until this session makes a call of its own: the
    labels that a person sees last are the ones that they type. A call made again to be compared
    with its record does not count, so that what was typed for it means the same once more."""

    def __init__(self) -> None:
        self._investigation = ""

    def shown(self, investigation: Investigation) -> None:
        """Its card is what was drawn last."""
        recorded = investigation.number and not investigation.session
        self._investigation = investigation.label if recorded else ""

    def called(self, label: str, session: str) -> Label:
        """The label of a call that this session made itself."""
        self._investigation = ""
        return Label.of(label, session)

    async def whose(self, label: str, engine: Engine) -> str:
        """The investigation that a label alone belongs to, "" for this session: also for one that
        the investigation does not have."""
        meant = whose(label) or self._investigation
        if meant:
            with suppress(NotRecorded):
                await engine.evidence(meant, label)
                return meant
        return ""


latest = Latest()
"""Of this process, as its screen is."""
