"""A timeline as JSON, the form in which it crosses tools and is kept in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from workbench.core.cluster import Gap, ObjectRef
from workbench.core.timeline.moment import Lane, Moment, Timeline

COLUMNS = (
    ("at", "time"),
    ("lane", "text"),
    ("object", "text"),
    ("what", "text"),
    ("count", "int"),
    ("warning", "bool"),
    ("change", "bool"),
    ("marked", "text"),
    ("detail", "text"),
    ("until", "time"),
    ("by", "text"),
)
"""Names and types of the table's columns; ``marked`` is ``change``, ``also``, ``symptom`` or ""."""


def to_json(timeline: Timeline) -> dict[str, Any]:
    """``{"columns", "rows", "change", "first_symptom", "also", …}``, JSON types only."""
    rows = [_cells(m, _marked(timeline, m)) for m in timeline.moments]
    return {
        "title": f"moments of {timeline.about}" if timeline.about else "moments",
        "total": len(rows) + timeline.left_out,
        "left_out": timeline.left_out,
        "older": timeline.older,
        "until": _text(timeline.until),
        "about": str(timeline.about) if timeline.about else None,
        "columns": [{"name": name, "type": type} for name, type in COLUMNS],
        "rows": rows,
        "change": _named(timeline.change),
        "first_symptom": _named(timeline.first_symptom),
        "also": [_named(m) for m in timeline.also],
        **({"gaps": [msgspec.to_builtins(g) for g in timeline.gaps]} if timeline.gaps else {}),
    }


def from_json(tree: Any) -> Timeline | None:
    """The timeline that a tool's answer holds; None when it holds none."""
    try:
        names = [column["name"] for column in tree["columns"]]
        rows = [dict(zip(names, row, strict=True)) for row in tree["rows"]]
        return Timeline(
            moments=tuple(_moment(row) for row in rows),
            until=_time(tree["until"]),
            about=_ref(tree["about"]) if tree.get("about") else None,
            change=_moment(tree["change"]) if tree.get("change") else None,
            first_symptom=_moment(tree["first_symptom"]) if tree.get("first_symptom") else None,
            also=tuple(_moment(one) for one in tree.get("also") or ()),
            left_out=int(tree.get("left_out") or 0),
            older=int(tree.get("older") or 0),
            gaps=tuple(msgspec.convert(g, Gap) for g in tree.get("gaps") or ()),
        )
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError):
        return None


def _marked(timeline: Timeline, moment: Moment) -> str:
    key = (moment.at, moment.subject, moment.what)
    for word, marked in (("change", timeline.change), ("symptom", timeline.first_symptom)):
        if marked is not None and (marked.at, marked.subject, marked.what) == key:
            return word
    also = {(m.at, m.subject, m.what) for m in timeline.also}
    return "also" if key in also else ""


def _fields(moment: Moment, marked: str = "") -> dict[str, Any]:
    return {
        "at": _text(moment.at),
        "until": _text(moment.until) if moment.until else None,
        "lane": moment.lane.value,
        "object": str(moment.subject),
        "what": moment.what,
        "count": moment.count,
        "warning": moment.warning,
        "change": moment.change,
        "marked": marked or None,
        "detail": moment.detail or None,
        "by": moment.by or None,
    }


def _cells(moment: Moment, marked: str) -> Sequence[Any]:
    fields = _fields(moment, marked)
    return [fields[name] for name, _ in COLUMNS]


def _named(moment: Moment | None) -> dict[str, Any] | None:
    return None if moment is None else _fields(moment)


def _moment(row: dict[str, Any]) -> Moment:
    return Moment(
        at=_time(row["at"]),
        until=_time(row["until"]) if row.get("until") else None,
        lane=Lane(row["lane"]),
        subject=_ref(row["object"]),
        what=str(row["what"]),
        detail=str(row.get("detail") or ""),
        count=int(row.get("count") or 1),
        warning=bool(row.get("warning")),
        change=bool(row.get("change")),
        by=str(row.get("by") or ""),
    )


def _ref(text: str) -> ObjectRef:
    """The inverse of ``str(ref)``."""
    kind, _, path = text.partition(" ")
    namespace, slash, name = path.partition("/")
    return ObjectRef(kind, namespace, name) if slash else ObjectRef(kind, "", path)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
