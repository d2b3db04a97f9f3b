"""What a sweep runs over: the rows of a file, every context, namespaces by their labels, or rows at
hand."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from workbench.core.counted import counted
from workbench.core.runbook import Runbook
from workbench.core.selectors import parse_selector
from workbench.core.sweep import Row, Schedule
from workbench.errors import UsageError
from workbench.runbooks.catalogue import read
from workbench.runbooks.rows import Given, checked, from_file, from_names, from_values, is_file

if TYPE_CHECKING:
    from workbench.core.tools import ToolResult
    from workbench.store.database import Store

CONTEXTS = "contexts"
ONE_OF = "--over takes a CSV, YAML or JSON file, `contexts`, or labels of namespaces."

Over = str | Sequence[Mapping[str, Any]]
"""A file, ``contexts``, labels of namespaces, or the rows themselves; "" for a single item."""
Namespaces = Callable[[str, str], Awaitable[Sequence[str]]]
"""The namespaces with some labels, in the cluster of a context ("" for the one that is set)."""


class Cluster(Protocol):
    """A cluster that is open."""

    @property
    def cluster(self) -> str: ...

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult: ...


def words(over: Over) -> str:
    """What it was made from, as a plan keeps it."""
    return over if isinstance(over, str) else counted(len(over), "row")


async def rows_over(
    book: Runbook,
    over: Over,
    common: Mapping[str, Any],
    *,
    context: str = "",
    contexts: Collection[str],
    namespaces: Namespaces,
) -> tuple[Row, ...]:
    """The items, each checked against what the runbook takes.

    context: where namespaces are looked up, and where rows run that name none.
    contexts: those that there are.
    Raises ParameterError for a bad row, UsageError when there is nothing to run over.
    """
    if not isinstance(over, str):
        given = from_values(over)
    elif not over:
        given = [Given(where="the run", values={})]
    elif is_file(over):
        given = from_file(Path(over))
    elif over == CONTEXTS:
        given = from_names("context", list(contexts))
    else:
        parse_selector(over)  # before anything is opened for it
        given = from_names("namespace", await namespaces(over, context))
    rows = checked(book, given, common, contexts)
    return tuple(r if r.context else msgspec.structs.replace(r, context=context) for r in rows)


async def rows_due(
    store: Store, schedule: Schedule, *, contexts: Collection[str], namespaces: Namespaces
) -> tuple[Row, ...]:
    """The items of a sweep that a schedule begins now. Raises as ``rows_over``."""
    if schedule.rows is not None:
        return schedule.rows
    plan = schedule.plan
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        path = Path(folder) / f"{plan.runbook}.ipynb"
        path.write_text(await store.notebooks.read(plan.source), encoding="utf-8")
        book = read(path)
    return await rows_over(
        book,
        plan.over,
        schedule.common,
        context=plan.context,
        contexts=contexts,
        namespaces=namespaces,
    )


async def labelled(bench: Cluster, labels: str) -> list[str]:
    """The names of the namespaces with those labels. Raises UsageError when there is none."""
    found = await bench.call("list_resources", {"kind": "Namespace", "selector": labels})
    names = _column(found.data or {}, "name")
    if len(names) < int((found.data or {}).get("total", 0)):
        raise UsageError(
            f"{bench.cluster} has more namespaces with the labels {labels!r} than one answer "
            "holds.",
            "Narrow the labels, or give a file.",
        )
    if not names:
        raise UsageError(f"No namespace of {bench.cluster} has the labels {labels!r}.", ONE_OF)
    return names


def _column(table: Mapping[str, Any], name: str) -> list[str]:
    """The cells of a column of a table as tools answer with it."""
    columns = [column["name"] for column in table.get("columns", ())]
    if name not in columns:
        return []
    return [str(row[columns.index(name)]) for row in table["rows"]]
