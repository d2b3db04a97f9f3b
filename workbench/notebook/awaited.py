"""The twins to await, for cells that do something else meanwhile: ``await wb.aget("pods")``.

``wb.aask`` is in ``asking``, ``wb.afork`` in ``forking`` and ``wb.asweep`` in ``sweeps``: they also
show how far they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from workbench.notebook import (
    about,
    analysis,
    asking,
    changes,
    choosing,
    diff,
    incident,
    incidents,
    knowledge,
    pictures,
    runbooks,
    session,
    sweeps,
    timeline,
)

P = ParamSpec("P")
R = TypeVar("R")


def _awaited(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """The function in a thread of its own; pictures it draws still land in the cell that asked."""

    @wraps(function)
    async def ahead(*args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(function, *args, **kwargs)

    return ahead


aanalyze = _awaited(analysis.analyze)
aget = _awaited(session.get)
aevents = _awaited(session.events)
alogs = _awaited(session.logs)
adescribe = _awaited(session.describe)
atop = _awaited(pictures.top)
atimeline = _awaited(timeline.timeline)
arun = _awaited(runbooks.run)
apromote = _awaited(runbooks.promote)
apromotable = _awaited(runbooks.promotable)
acatalogue = _awaited(runbooks.catalogue)
arunbook = _awaited(runbooks.runbook)
aplan = _awaited(asking.plan)
aload = _awaited(asking.load)
aowners = _awaited(pictures.owners)
aevidence = _awaited(session.evidence)
areport = _awaited(session.report)
aincident = _awaited(incident.incident)
anote = _awaited(incident.note)
ahypothesis = _awaited(incident.hypothesis)
aboard = _awaited(incident.board)
achoices = _awaited(choosing.choices)
astatus = _awaited(about.status)
aservers = _awaited(about.servers)
atools = _awaited(about.tools)
amodel = _awaited(about.model)
asnapshot = _awaited(about.snapshot)
acost = _awaited(about.cost)
adiff = _awaited(diff.diff)
apropose = _awaited(changes.propose)
achange = _awaited(changes.change)
achanges = _awaited(changes.changes)
aapprove = _awaited(changes.approve)
adeny = _awaited(changes.deny)
aincidents = _awaited(incidents.incidents)
aopen_incident = _awaited(incidents.open_incident)
aattach = _awaited(incidents.attach)
anote_incident = _awaited(incidents.note_incident)
ashow_incident = _awaited(incidents.show_incident)
aclose_incident = _awaited(incidents.close_incident)
asimilar = _awaited(incidents.similar)
apostmortem = _awaited(incidents.postmortem)
asearch = _awaited(knowledge.search)
aingest = _awaited(knowledge.ingest)
asweeps = _awaited(sweeps.sweeps)
aswept = _awaited(sweeps.swept)
acancel_sweep = _awaited(sweeps.cancel_sweep)
