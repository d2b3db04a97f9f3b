"""Every finding code: what it means, why it happens, how bad it is and what to try.

The entries are in ``workbench/analyzers/codes/``, one file per area; this is the one place to look
a code up. ``docs/findings.md`` is generated from here.
"""

from __future__ import annotations

from workbench.analyzers.added import codes
from workbench.analyzers.codes import cluster, networking, pods, storage, usage, workloads
from workbench.analyzers.codes.entry import Entry

CATALOGUE: dict[str, Entry] = {
    **pods.CODES,
    **workloads.CODES,
    **networking.CODES,
    **storage.CODES,
    **cluster.CODES,
    **usage.CODES,
}


def entry(code: str) -> Entry:
    """The catalogue's entry, or that of a plugin; a plain one for a code that another program made
    up."""
    return (
        CATALOGUE.get(code)
        or codes().get(code)
        or Entry(code.replace("_", " ").capitalize(), meaning="")
    )
