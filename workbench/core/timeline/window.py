"""Which moments are near the incident: where a timeline begins when nobody says from when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from workbench.core.timeline.mark import WINDOWS
from workbench.core.timeline.moment import Moment

NEAR = WINDOWS[-1]
"""As far before the first symptom as a change is looked for: what is older is not blamed."""


def near(moments: Sequence[Moment], incident: datetime) -> Sequence[Moment]:
    """What was not over a day before the incident, and trouble from before that still stands;
    where there is nothing of the kind, everything.

    incident: the first symptom, or the time of the look where nothing broke.
    """
    found = [m for m in moments if m.stands or incident - m.ends <= NEAR]
    return found or moments
