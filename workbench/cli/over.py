"""What ``--over`` stands for: the rows of a file, every context, or namespaces by their labels."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.runbook import Runbook
from workbench.core.sweep import Row, Schedule
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.settings import Settings
    from workbench.store.database import Store

CONTEXTS = "contexts"


async def rows_over(
    settings: Settings, book: Runbook, over: str, common: Mapping[str, Any], context: str = ""
) -> tuple[Row, ...]:
    """The items, each checked against what the runbook takes. "" is a single one.

    context: where namespaces are looked up, and where rows run that name none.
    Raises ParameterError for a bad row, UsageError when there is nothing to run over.
    """
    from workbench.clusters import contexts
    from workbench.runbooks.rows import Given, checked, from_file, from_names, is_file

    known = contexts()
    if not over:
        given = [Given(where="the run", values={})]
    elif is_file(over):
        given = from_file(Path(over))
    elif over == CONTEXTS:
        given = from_names("context", known)
    else:
        given = from_names("namespace", await _namespaces(settings, over, context))
    rows = checked(book, given, common, known)
    return tuple(r if r.context else msgspec.structs.replace(r, context=context) for r in rows)


async def _namespaces(settings: Settings, labels: str, context: str) -> list[str]:
    """The names of the namespaces with those labels. Raises UsageError when there is none."""
    from workbench.bootstrap import open_workbench
    from workbench.core.selectors import parse_selector

    parse_selector(labels)
    chosen = settings.model_copy(update={"context": context}) if context else settings
    async with open_workbench(chosen, surface="cli") as bench:
        found = await bench.call("list_resources", {"kind": "Namespace", "selector": labels})
        where = bench.cluster
    names = _column(found.data or {}, "name")
    if len(names) < int((found.data or {}).get("total", 0)):
        raise UsageError(
            f"{where} has more namespaces with the labels {labels!r} than one answer holds.",
            "Narrow the labels, or give a file.",
        )
    if not names:
        raise UsageError(
            f"No namespace of {where} has the labels {labels!r}.",
            "--over takes a CSV, YAML or JSON file, `contexts`, or labels of namespaces.",
        )
    return names


def _column(table: Mapping[str, Any], name: str) -> list[str]:
    """The cells of a column of a table as tools answer with it."""
    columns = [column["name"] for column in table.get("columns", ())]
    if name not in columns:
        return []
    return [str(row[columns.index(name)]) for row in table["rows"]]


async def rows_due(settings: Settings, store: Store, schedule: Schedule) -> tuple[Row, ...]:
    """The items of a sweep that a schedule begins now. Raises as ``rows_over``."""
    from workbench.runbooks.catalogue import read

    if schedule.rows is not None:
        return schedule.rows
    plan = schedule.plan
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        path = Path(folder) / f"{plan.runbook}.ipynb"
        path.write_text(await store.notebooks.read(plan.source), encoding="utf-8")
        book = read(path)
    return await rows_over(settings, book, plan.over, schedule.common, plan.context)
