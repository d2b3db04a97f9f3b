"""Intents, outcomes and steps as the tests need them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.support.postgres import new_id
from workbench.core.evidence import Ended, Intent, Outcome

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def an_intent(investigation: UUID, **fields: Any) -> Intent:
    defaults: dict[str, Any] = {
        "id": new_id(),
        "investigation": investigation,
        "user": "ann@example.com",
        "surface": "notebook",
        "server": "kubernetes",
        "tool": "kube_get",
        "arguments": {"kind": "Pod", "namespace": "shop"},
        "cluster": "kind-shop",
        "at": NOON,
    }
    return Intent(**defaults | fields)


def ended(**fields: Any) -> Ended:
    defaults: dict[str, Any] = {"outcome": Outcome.DONE, "duration_ms": 12.5, "text": "3 pods"}
    return Ended(**defaults | fields)
