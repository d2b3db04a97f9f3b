"""Streams of steps as whoever follows them meets them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from workbench.api.events import stream
from workbench.core.cluster import Scope
from workbench.core.investigation import Asked, Investigation, Step
from workbench.errors import StoreUnavailable
from workbench.investigations.live import Live

MADE = Investigation(id=UUID(int=1), number=1, question="why?", scope=Scope())
ASKED = Asked(at=datetime(2026, 3, 1, 10, tzinfo=UTC), question="why?")


async def test_a_stream_whose_steps_cannot_be_read_any_more_ends_and_is_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever follows comes again with the number of the last step they had."""
    asked_for: list[int] = []

    async def steps(_: UUID, after: int) -> tuple[Step, ...]:
        asked_for.append(after)
        if len(asked_for) <= 2:
            return (ASKED, ASKED)[: 2 - len(asked_for)]
        raise StoreUnavailable("The database cannot be used: gone.")

    answer = stream(Live(steps), MADE)
    names = [event.event async for event in answer.body_iterator]  # type: ignore[union-attr]
    assert names == ["step"]
    (said,) = (record.getMessage() for record in caplog.records)
    assert said == "The stream of INV-1 ended early: The database cannot be used: gone."
