"""The notes that ship with the workbench, one for each finding code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files

from workbench.knowledge.places import Place

PREFIX = "notes/"
"""Of their addresses: ``notes/pod-crash-loop.md``."""
_WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)


def notes() -> Iterator[Place]:
    """Every note, by name."""
    folder = files("workbench.knowledge").joinpath("notes")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".md"):
            source = f"{PREFIX}{file.name}"
            yield Place(source=source, name=source, load=partial(file.read_bytes), at=_WRITTEN)
