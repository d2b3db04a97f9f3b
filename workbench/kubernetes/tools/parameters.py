"""Tool parameters that several tools share, with the words a model reads about them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from workbench.errors import UsageError

Kind = Annotated[
    str,
    Field(description="Kind as kubectl takes it: pods, po, Pod, deploy, deployments.apps, a CRD."),
]
Name = Annotated[str, Field(description="Name of the object.", min_length=1)]
Namespace = Annotated[
    str, Field(description="Namespace; empty for the context's own. Ignored for cluster scope.")
]
AnyNamespace = Annotated[str, Field(description="Namespace; empty for all namespaces.")]
Selector = Annotated[
    str, Field(description="Label selector as kubectl takes it: app=web,tier in (a,b),!canary.")
]
Since = Annotated[
    str, Field(description="Only what is newer than this: 30m, 2h, 1d; empty for everything.")
]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> int:
    """``90``, ``30m``, ``1h30m`` as seconds; "" is 0, meaning no limit. Raises UsageError."""
    compact = text.strip().lower().replace(" ", "")
    if not compact:
        return 0
    if compact.isdigit():
        return int(compact)
    if not re.fullmatch(r"(\d+[smhd])+", compact):
        raise UsageError(f"{text!r} is no length of time.", "Write it as 30m, 2h or 1d.")
    return sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([smhd])", compact))
