from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from workbench.core.incident import Incident
from workbench.core.render import incident as render

FOUND = Incident(
    id=UUID(int=1),
    number=3,
    title="checkout is down",
    opened_by="ann",
    opened_at=datetime(2026, 3, 4, 3, 12, tzinfo=UTC),
    features=(
        "root:POD_CRASH_LOOP",
        "code:POD_CRASH_LOOP",
        "code:SERVICE_WITHOUT_ENDPOINTS",
        "log:##t#:#:#.#z panic",
        "object:shop/checkout",
    ),
)


def test_what_an_incident_is_known_by_is_told_in_words() -> None:
    assert render.whole(FOUND)[1:] == [
        "  found     POD_CRASH_LOOP, SERVICE_WITHOUT_ENDPOINTS",
        "  about     shop/checkout",
    ]
