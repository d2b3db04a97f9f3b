"""The objects that list calls have shown."""

from __future__ import annotations

from typing import Any

from workbench.agent.analyst import offers as role
from workbench.agent.answers import Answer
from workbench.core.cluster import ObjectRef


def listed(answers: tuple[Answer, ...]) -> tuple[ObjectRef, ...]:
    """Every object in the answers of list calls: from their data, else from their tables."""
    found: list[ObjectRef] = []
    for answer in answers:
        if not answer.failed and role.role(answer.remote_name) == role.LIST:
            kind = answer.arguments.get("kind")
            kind = kind if isinstance(kind, str) else ""
            found += _in_data(answer.data, kind) or _in_table(answer.text, kind)
    return tuple(dict.fromkeys(found))


def _in_data(data: Any, kind: str) -> list[ObjectRef]:
    if isinstance(data, dict) and isinstance(data.get("rows"), list):
        data = table_rows(data)
    elif isinstance(data, dict):
        data = next((data[k] for k in ("items", "result", "objects") if k in data), None)
    if not isinstance(data, list):
        return []
    refs = [_ref(row, kind) for row in data if isinstance(row, dict)]
    return [r for r in refs if r is not None]


def table_rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    """``{"columns": [{"name": …}], "rows": [[…]]}`` with the column names put to each cell."""
    columns = table.get("columns")
    if not isinstance(columns, list):
        return []
    names = [str(c.get("name", "")) if isinstance(c, dict) else str(c) for c in columns]
    return [dict(zip(names, row, strict=False)) for row in table["rows"] if isinstance(row, list)]


def _ref(row: dict[str, Any], kind: str) -> ObjectRef | None:
    metadata = row.get("metadata")
    fields = metadata if isinstance(metadata, dict) else row
    name, namespace = fields.get("name"), fields.get("namespace") or ""
    if not isinstance(name, str) or not isinstance(namespace, str) or not name:
        return None
    said = row.get("kind")
    return ObjectRef(said if isinstance(said, str) and said else kind, namespace, name)


def _in_table(text: str, kind: str) -> list[ObjectRef]:
    """Rows below a header with NAME, as kubectl prints them."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    header = next((i for i, cells in enumerate(lines) if "NAME" in map(str.upper, cells)), None)
    if header is None:
        return []
    columns = [c.upper() for c in lines[header]]
    name = columns.index("NAME")
    namespace = columns.index("NAMESPACE") if "NAMESPACE" in columns else None
    rows = [cells for cells in lines[header + 1 :] if len(cells) > max(name, namespace or 0)]
    return [
        ObjectRef(kind, cells[namespace] if namespace is not None else "", cells[name])
        for cells in rows
    ]


def listed_row(ref: ObjectRef, answers: tuple[Answer, ...]) -> dict[str, Any]:
    """The row of a table that a list call showed for the object; empty when there is none."""
    for answer in answers:
        data = answer.data if isinstance(answer.data, dict) else {}
        kind = str(answer.arguments.get("kind") or "")
        if answer.failed or not isinstance(data.get("rows"), list):
            continue
        for row in table_rows(data):
            if _ref(row, kind) == ref:
                return row
    return {}
