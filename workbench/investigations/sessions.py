"""Sessions: where the calls that a person makes by hand are recorded."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from workbench.core.cluster import Scope
from workbench.core.investigation import Asked, Investigation
from workbench.errors import Conflict, NotRecorded

if TYPE_CHECKING:
    from workbench.investigations.desk import Desk


async def open_session(bench: Desk, joined: UUID | None) -> Investigation:
    """A new session of the person, or the one ``joined``, made where there is none of that id.

    Raises NotRecorded for an id that is somebody else's, or no session's; nothing is written then.
    """
    person = (await bench.person()).id
    kept = bench.store.investigations
    if joined is not None:
        with suppress(NotRecorded):
            return _session(await kept.load(joined, user=person))
    id, now, name = joined or bench.new_id(), bench.clock(), f"{bench.surface} session"
    await kept.create(id, name, Scope(), now, user=person, session=True)
    session = _session(await kept.load(id, user=person))  # unless somebody else has that id
    asked = Asked(at=now, question=name, cluster=bench.cluster, user=bench.user)
    with suppress(Conflict):  # another of its calls was first
        await kept.append(id, 0, asked)
    return session


def _session(found: Investigation) -> Investigation:
    if not found.session:
        raise NotRecorded(f"There is no session {found.id}.", "Name one of your own, or a new id.")
    return found
