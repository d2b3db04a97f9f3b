"""Which recorded answer stands for a question that is asked again.

An answer is the same when question, scope (with its ``since``), terms, model and cluster are. The
cluster is known by the UID of its ``kube-system`` namespace, which outlives every name it has in a
kubeconfig, and a frozen one by its snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from workbench.core.investigation import Asked, Investigation, Status


def reusable(
    asked_before: Iterable[Investigation], key: str, oldest: datetime | None
) -> Investigation | None:
    """The first that answers ``key`` whole: concluded, not cut short, and not asked before
    ``oldest``. None when there is none."""
    return next((i for i in asked_before if _answers(i, key, oldest)), None)


def oldest(now: datetime, seconds: float | None) -> datetime | None:
    """How far back answers stand; None for ever, which is what None seconds mean."""
    return None if seconds is None else now - timedelta(seconds=seconds)


def _answers(investigation: Investigation, key: str, oldest: datetime | None) -> bool:
    asked = next((s for s in investigation.steps if isinstance(s, Asked)), None)
    conclusion = investigation.conclusion
    return bool(
        asked
        and asked.key == key
        and (oldest is None or asked.at >= oldest)
        and conclusion
        and not conclusion.stopped
        and investigation.status is Status.COMPLETE
        and investigation.looked
    )
