"""When what an investigation found happened: the timeline below an answer."""

from __future__ import annotations

from contextlib import suppress

from workbench.core.cluster import ObjectRef
from workbench.core.investigation import Investigation
from workbench.core.timeline import Timeline
from workbench.core.timeline.record import from_json
from workbench.errors import ToolFailed
from workbench.investigations.chronicle import recorded
from workbench.investigations.workbench import Workbench

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod")


async def happened(workbench: Workbench, found: Investigation) -> Timeline | None:
    """What it saw itself; else of what the likeliest cause breaks, or of its namespace where the
    tool cannot follow that object: recorded as a look of this person's. None where nothing is."""
    seen = recorded(await workbench.store.record.evidences(found.id))
    return await _looked_up(workbench, found) if seen is None else seen


async def _looked_up(workbench: Workbench, found: Investigation) -> Timeline | None:
    broken = broken_workload(found)
    where = {"namespace": next(iter(found.scope.namespaces), "")}
    wanted = [where]
    if broken is not None:
        where = {"namespace": broken.namespace}
        wanted = [{**where, "kind": broken.kind, "name": broken.name}, where]
    for arguments in wanted:
        with suppress(ToolFailed):
            told = from_json((await workbench.call("timeline", arguments)).data)
            if told is not None and told.moments:
                return told
    return None


def broken_workload(found: Investigation) -> ObjectRef | None:
    """The first workload that the likeliest cause is about or explains."""
    for cause in found.findings[:1]:
        about = [cause, *(f for f in found.findings if f.id in cause.explains)]
        workloads = (f.subject for f in about if f.subject.kind in WORKLOADS)
        return next(workloads, cause.subject)
    return None
