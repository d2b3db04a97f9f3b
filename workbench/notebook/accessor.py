"""``df.k8s``: from the rows of a frame to what belongs to them.

``pods.k8s.describe(0)``, ``pods[pods.restarts > 3].k8s.events()``,
``pods.k8s.ask("what do these have in common?")``. Rows are known by their columns
``kind``, ``namespace`` and ``name``, or ``object``. Each is the public function of that name
(``wb.describe``), told which object is meant and where the frame came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

import workbench as wb
from workbench.core.counted import counted
from workbench.errors import UsageError
from workbench.notebook.kinds import kind_of

if TYPE_CHECKING:
    from workbench.core.investigation import Investigation

ROWS_MOST = 10
"""Rows that one call may ask about: each is a call of its own."""


@pd.api.extensions.register_dataframe_accessor("k8s")
class Rows:
    """What can be asked about the objects in a frame's rows."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __repr__(self) -> str:
        calls = "describe(i) owners(i) logs(i) timeline(i) events() ask('…')"
        return f"df.k8s of {counted(len(self._frame), 'row')}: {calls}"

    def describe(self, row: int = 0) -> str:
        """One row's object with its events; ``row`` counts from 0 in this frame."""
        kind, namespace, name = self._object(row)
        return wb.describe(kind, name, namespace=namespace, **self._where())

    def owners(self, row: int = 0) -> Any:
        """Who made the row's object and what it made, as a tree with the unhealthy path marked."""
        kind, namespace, name = self._object(row)
        return wb.owners(kind, name, namespace=namespace, **self._where())

    def logs(self, row: int = 0, **options: Any) -> str:
        """The end of the row's log; options are those of ``wb.logs``. The row must be a pod."""
        kind, namespace, name = self._object(row)
        if kind != "Pod":
            raise UsageError(f"A {kind} has no log.", "Take the row of a pod.")
        return wb.logs(name, namespace=namespace, **{**self._where(), **options})

    def events(self) -> pd.DataFrame:
        """Events about the first rows' objects, oldest first."""
        found = [
            wb.events(name, kind=kind, namespace=namespace, **self._where())
            for kind, namespace, name in self._objects()
        ]
        kept = [f for f in found if len(f)] or found[:1]
        if not kept:
            raise UsageError("The frame has no rows.", "Nothing was asked.")
        attrs = kept[0].attrs
        whole = pd.concat([f.set_flags(allows_duplicate_labels=True) for f in kept])
        if "last_seen" in whole:  # a server in place of the built-in one may leave it out
            whole = whole.sort_values("last_seen", kind="stable", ignore_index=True)
        whole.attrs = {**attrs, "evidence": ", ".join(f.attrs["evidence"] for f in kept)}
        return whole

    def timeline(self, row: int = 0) -> pd.DataFrame:
        """What happened to the row's object and what it leans on."""
        kind, namespace, name = self._object(row)
        return wb.timeline(kind, name, namespace=namespace, **self._where())

    def ask(self, question: str, **options: Any) -> Investigation:
        """Ask with these rows given along; options are those of ``wb.ask``."""
        given = {**self._where(), "use": {"rows": self._frame}}
        return wb.ask(question, **{**given, **options})

    def _objects(self) -> list[tuple[str, str, str]]:
        return [self._object(n) for n in range(min(len(self._frame), ROWS_MOST))]

    def _object(self, row: int) -> tuple[str, str, str]:
        """Kind, namespace and name of a row's object. Raises UsageError."""
        if not -len(self._frame) <= row < len(self._frame):
            raise UsageError(f"The frame has no row {row}.", f"It has {len(self._frame)}.")
        cells = self._frame.iloc[row]
        namespace = _text(cells.get("namespace"))
        if _text(cells.get("object")):  # "Pod shop/web-1", or "Pod web-1" of an event
            kind, _, rest = _text(cells["object"]).replace("/", " ", 1).partition(" ")
            return _split(kind, namespace, rest)
        asked = str(self._frame.attrs.get("kind", ""))
        kind = _text(cells.get("kind")) or kind_of(asked) or asked
        name = _text(cells.get("name"))
        if not kind or not name:
            raise UsageError("The rows of this frame are no objects.", "Ask on a frame of objects.")
        return kind, namespace, name

    def _where(self) -> dict[str, Any]:
        attrs = self._frame.attrs
        return {"context": attrs.get("context"), "snapshot": attrs.get("snapshot")}


def _split(kind: str, namespace: str, rest: str) -> tuple[str, str, str]:
    where, slash, name = rest.replace(" ", "/").partition("/")
    return (kind, where, name) if slash else (kind, namespace, where)


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
