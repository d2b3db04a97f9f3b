"""Labelled, indented lines: the layout of ``kubectl describe``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

Line = tuple[str, Any]
"""A label and its value: a text, lines of text, a list of more Lines one level down, or a pair of
a text and such a list."""

NONE = "<none>"
UNSET = "<unset>"


def render(lines: Iterable[Line], indent: int = 0) -> str:
    """The lines with their values in one column, nested blocks indented by two."""
    shown = [(label, value) for label, value in lines if value is not None]
    inline = [label for label, value in shown if not isinstance(value, list)]
    width = max((len(label) for label in inline), default=0) + 1
    return "\n".join(text for one in shown for text in _line(*one, indent, width) if text)


def _line(label: str, value: Any, indent: int, width: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(value, list):
        yield f"{pad}{label}:"
        if value and isinstance(value[0], str):
            yield from (f"{pad}  {line}" for line in value)
        else:
            yield render(value, indent + 2)
        return
    text, below = value if isinstance(value, tuple) else (value, [])
    first, *rest = str(text).split("\n")
    yield f"{pad}{label + ':':<{width}}  {first}".rstrip()
    yield from (f"{pad}{'':<{width}}  {line}" for line in rest)
    yield render(below, indent + 2)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], ruler: bool = False) -> list[str]:
    """Aligned rows under a header, with kubectl's dashes when ``ruler``."""
    cells = [list(header)]
    if ruler:
        cells.append(["-" * len(title) for title in header])
    cells += [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    return [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells
    ]


def heading(tree: dict[str, Any], *, created: bool = False) -> list[Line]:
    """Name, Namespace, Labels and Annotations, as every description begins."""
    meta = tree.get("metadata") or {}
    lines: list[Line] = [("Name", meta.get("name", ""))]
    if meta.get("namespace"):
        lines.append(("Namespace", meta["namespace"]))
    if created:
        lines.append(("CreationTimestamp", when(meta.get("creationTimestamp"))))
    lines += [("Labels", pairs(meta.get("labels"))), ("Annotations", notes(meta))]
    if meta.get("deletionTimestamp"):
        lines.append(("Terminating since", when(meta["deletionTimestamp"])))
        lines.append(("Finalizers", ", ".join(meta.get("finalizers") or []) or NONE))
    return lines


def pairs(labels: dict[str, Any] | None, join: str = "\n") -> str:
    """``a=b`` lines, sorted; ``<none>`` when there are none."""
    return join.join(f"{k}={v}" for k, v in sorted((labels or {}).items())) or NONE


def notes(meta: dict[str, Any]) -> str:
    """Annotations, without the copy of the whole object that kubectl apply leaves."""
    found = {
        k: v
        for k, v in sorted((meta.get("annotations") or {}).items())
        if not k.endswith("last-applied-configuration")
    }
    return "\n".join(f"{k}: {_first_200(str(v))}" for k, v in found.items()) or NONE


def selector(tree: dict[str, Any] | None) -> str:
    """A label selector in one line."""
    if not tree:
        return NONE
    terms = [f"{k}={v}" for k, v in sorted((tree.get("matchLabels") or {}).items())]
    for one in tree.get("matchExpressions") or []:
        values = f" ({','.join(one['values'])})" if one.get("values") else ""
        terms.append(f"{one.get('key')} {str(one.get('operator', '')).lower()}{values}")
    return ",".join(terms) or NONE


def when(text: str | None) -> str:
    """``Sun, 22 Nov 2026 10:57:51 +0000``."""
    if not text:
        return UNSET
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return text
    return parsed.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def conditions(tree: dict[str, Any]) -> list[str] | None:
    """The status conditions with reason and message; None when there are none."""
    found = (tree.get("status") or {}).get("conditions") or []
    rows = [
        [c.get("type"), c.get("status"), c.get("reason") or "", c.get("message") or ""]
        for c in found
    ]
    header = ["Type", "Status", "Reason", "Message"]
    while rows and not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
        header = header[:-1]
    return table(header, rows, ruler=True) if rows else None


def controlled_by(tree: dict[str, Any]) -> str | None:
    for owner in (tree.get("metadata") or {}).get("ownerReferences") or []:
        if owner.get("controller"):
            return f"{owner.get('kind')}/{owner.get('name')}"
    return None


def _first_200(value: str) -> str:
    return value if len(value) <= 200 else value[:199] + "…"
