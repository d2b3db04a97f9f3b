"""Where a name that a log quotes comes from."""

from __future__ import annotations

import re

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import ConfigMap

_QUOTED = re.compile(r"""(["'`“])(?P<name>[A-Za-z][\w.-]{3,40})["'`”]""")

_RARE = re.compile(r"[\d_.-]")
"""What tells a name that somebody chose (``v4-draft``) from a word."""


def set_in(snapshot: ClusterSnapshot, text: str) -> tuple[str, ObjectRef] | None:
    """A name that the text quotes and the one ConfigMap that holds it as a value."""
    for found in _QUOTED.finditer(text):
        name = found["name"]
        if not _RARE.search(name):
            continue
        word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)")
        holders = [
            one
            for one in snapshot.all(ConfigMap)
            if any(name in value and word.search(value) for value in one.data.values())
        ]
        if len(holders) == 1:
            return name, ObjectRef.of(holders[0])
    return None
