"""The timeline as a notebook shows it: a picture, and a DataFrame as its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.render import picture
from workbench.core.render import timeline as render
from workbench.core.timeline import Timeline
from workbench.core.timeline.record import from_json
from workbench.errors import ToolFailed, UsageError
from workbench.notebook import display, frames, interactive, session
from workbench.notebook.defaults import chosen

if TYPE_CHECKING:
    import pandas as pd

KIND = "timeline"


def timeline(
    target: str = "",
    name: str = "",
    *,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
    since: str | None = None,
    show: bool = True,
) -> pd.DataFrame:
    """What happened when, and what changed before it broke: a DataFrame with a row a moment.

    target: ``deploy/web``, or a kind with ``name``; the object is followed with what it owns, reads
        and calls. Without one, everything in the namespace.
    since: only moments of the last ``30m``, ``2h``; without, those from a day before the first
        symptom (before now, where nothing broke) and trouble that still stands.
    show: also display the picture, where there is a notebook to show it in.

    ``attrs["change"]`` and ``attrs["first_symptom"]`` hold the marked moments, or None;
    ``attrs["older"]`` is how many older ones were left out.
    """
    kind, _, rest = target.partition("/")
    if bool(kind) != bool(rest or name):
        raise UsageError(f"{target or name!r} is no object.", "Like deploy/web.")
    wanted = {"kind": kind, "name": rest or name, "namespace": chosen("namespace", namespace)}
    wanted["since"] = chosen("since", since)
    result = session.call("timeline", wanted, context, snapshot)
    told = from_json(result.data)
    if told is None:
        raise ToolFailed("The timeline tool answered something that is no timeline.")
    shell = display.shell()
    if show and getattr(shell, "kernel", None):
        moves = told.moments and interactive.possible()
        mark = interactive.offered(told, result.evidence) if moves else ""
        shell.display_pub.publish(bundle(told, result.data, mark))
    frame = _readable(frames.table(result.data, result.evidence))
    frame.attrs["change"] = result.data.get("change")
    frame.attrs["first_symptom"] = result.data.get("first_symptom")
    frame.attrs["older"] = told.older
    frame.attrs["timeline"] = msgspec.json.encode(result.data).decode()
    return frame


FIRST = ("at", "marked", "object", "what", "detail")
"""Columns that a narrow screen must show."""


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    ahead = [c for c in FIRST if c in frame.columns]
    return frame[[*ahead, *(c for c in frame.columns if c not in ahead)]]


def bundle(told: Timeline, tree: Any, mark: str = "") -> display.Bundle:
    """Every representation of a timeline; ``tree`` is its JSON form. mark: what finds the picture
    in a page."""
    return {
        "text/plain": render.text(told),
        "text/markdown": render.markdown(told),
        "text/html": str(picture.styled(told, mark)),
        display.MIME: {"kind": KIND, "schema": display.SCHEMA, "value": tree},
    }


def written(frame: pd.DataFrame, form: str) -> str:
    """A timeline's frame as ``text``, ``markdown``, ``json`` or ``svg``."""
    tree = msgspec.json.decode(frame.attrs["timeline"])
    told = from_json(tree)
    if told is None:
        raise ToolFailed("The frame holds no timeline.")
    if form == "json":
        return msgspec.json.encode(tree).decode()
    if form == "svg":
        return picture.svg(told)
    return render.markdown(told) if form == "markdown" else render.text(told)
