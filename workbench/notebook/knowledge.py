"""Knowledge from a notebook: passages that fit, and documents taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.counted import counted
from workbench.core.knowledge import CHECKED, Filters, Found, Type
from workbench.errors import EmbedderUnavailable, UsageError
from workbench.notebook import bridge, frames
from workbench.notebook.defaults import chosen
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.investigations.workbench import Workbench
    from workbench.knowledge.library import Library

COLUMNS = {"where": "text", "type": "text", "passage": "text", "address": "text", "score": "float"}
MOST = 8


def search(
    words: str, *, type: str = "", namespace: str | None = None, limit: int = MOST
) -> pd.DataFrame:
    """Passages that fit, best first: of notes that ship, of what was taken in, of incidents.

    type: only ``note``, ``page``, ``runbook``, ``alert``, ``incident`` or ``conversation``, which
        nobody checked and which is left out otherwise. namespace: leave out what is about others.

    ``attrs["how"]`` says how it was searched.
    """
    filters = Filters(
        types=(_type(type),) if type else CHECKED, namespaces=(namespace,) if namespace else ()
    )

    async def found(engine: Workbench) -> Found:
        from workbench.library import open_library
        from workbench.settings import load_settings

        async with open_library(load_settings(), engine.store) as opened:
            return await opened.search(words, (await engine.person()).id, filters, limit)

    told = _bridge().run_here(found)
    rows = [
        [p.heading or p.title, p.type.value, _line(p), p.address, p.score] for p in told.passages
    ]
    frame = frames.frame(COLUMNS, rows)
    frame.attrs["how"] = told.how
    return frame


def ingest(*paths: str, shared: bool = False) -> Text:
    """Take in files, folders, git checkouts and, where that is on, web pages; what has not changed
    is not read again. ``shared`` for everybody and not only for you."""
    if not paths:
        raise UsageError("There is nothing to take in.", "Give files or folders.")

    async def taken(engine: Workbench) -> str:
        from workbench.knowledge.places import places
        from workbench.library import open_library
        from workbench.settings import load_settings

        settings = load_settings()
        at = engine.clock()
        found = [
            place for path in paths for place in places(path, at, urls=settings.knowledge_urls)
        ]
        owner = None if shared else (await engine.person()).id
        async with open_library(settings, engine.store) as opened:
            await opened.ready()
            report = await opened.ingest(found, owner)
            lines = [report.told(), *(f"left out: {one.why}" for one in report.refused)]
            if opened.embeds:
                lines.append(await _embedded(opened))
        return "\n".join(lines)

    return Text(_bridge().run_here(taken))


async def _embedded(library: Library) -> str:
    """What was embedded, or why it was not: what was taken in is kept either way."""
    try:
        return f"{counted(await library.embed(), 'passage')} embedded"
    except EmbedderUnavailable as error:
        return str(error)


def _type(word: str) -> Type:
    try:
        return Type(word)
    except ValueError as error:
        known = ", ".join(t.value for t in Type)
        raise UsageError(f"{word!r} is no type of document.", f"One of {known}.") from error


def _line(passage: Any) -> str:
    return " ".join(passage.snippet.split())


def _bridge() -> bridge.Bridge:
    return bridge.shared(chosen("context"), chosen("snapshot"))
