"""What lines of logs mean: tables that an on-call engineer can read and extend, one for a subject.

The first row that matches a line names what it means, so the exact stands before the general.
"""

from __future__ import annotations

from workbench.analyzers.logs.sayings.access import ACCESS, EXACT
from workbench.analyzers.logs.sayings.configuration import CONFIGURATION, ORDERED
from workbench.analyzers.logs.sayings.connections import ANSWERS, PEERS
from workbench.analyzers.logs.sayings.machine import MACHINE, STARVED
from workbench.analyzers.logs.sayings.saying import Saying
from workbench.analyzers.logs.sayings.stores import STATES, STORES

SAYINGS: tuple[Saying, ...] = (
    *ORDERED,
    *STATES,
    *EXACT,
    *STARVED,
    *PEERS,
    *ACCESS,
    *STORES,
    *CONFIGURATION,
    *MACHINE,
    *ANSWERS,
)

__all__ = ["SAYINGS", "Saying"]
