from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from workbench.core.sweep import ItemStatus, Plan, Sweep, cancelled, outcome

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SWEEP = Sweep(
    id=UUID(int=1),
    number=3,
    plan=Plan(runbook="dns", source="0" * 64, over="ns.csv", person="ann"),
    at=NOON,
    counts={ItemStatus.HEALTHY: 2, ItemStatus.FINDINGS: 1},
)


def test_counts_are_read_as_words() -> None:
    assert outcome(SWEEP.counts) == "2 healthy, 1 with findings"
    assert outcome({}) == "no items"


@pytest.mark.parametrize(
    ("at", "says"),
    [(NOON, "SW-3 is cancelled: 2 healthy"), (None, "SW-3 had ended before: 2 healthy")],
)
def test_a_sweep_that_had_ended_is_not_called_cancelled(at: datetime | None, says: str) -> None:
    assert cancelled(msgspec.structs.replace(SWEEP, cancelled_at=at)).startswith(says)
