"""What a sweep runs over: rows of a file, contexts or namespaces, checked before any is queued."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.counted import counted
from workbench.core.runbook import Runbook
from workbench.core.sweep import Row
from workbench.errors import ParameterError, UsageError
from workbench.runbooks.parameters import check, load

CONTEXT = "context"
"""A column of that name says which cluster, unless the runbook has a parameter of that name."""
FILES = (".csv", ".yaml", ".yml", ".json")
MOST = 100_000


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One row as it was given, and where: ``row 3 (line 4 of namespaces.csv)``."""

    where: str
    values: dict[str, Any]


def is_file(over: str) -> bool:
    """Whether that names a file of rows."""
    return over.lower().endswith(FILES) or Path(over).is_file()


def from_file(path: Path) -> list[Given]:
    """The rows of a CSV file with a header, or the sets of a YAML or JSON file.

    An empty cell gives nothing: the parameter's default holds. Raises ParameterError, with the row,
    for what is no table.
    """
    if path.suffix.lower() != ".csv":
        found = enumerate(load(path), 1)
        return [Given(where=f"row {n} of {path.name}", values=values) for n, values in found]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _table(path, csv.reader(file, strict=True))
    except (OSError, UnicodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise ParameterError(f"{path} cannot be read as rows: {why}.") from error


def _table(path: Path, reader: Any) -> list[Given]:
    header = [name.strip() for name in next(reader, [])]
    if not all(header) or not header or len(set(header)) < len(header):
        raise ParameterError(
            f"The first line of {path} does not name its columns, each once.",
            "Like: namespace,name",
        )
    rows: list[Given] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"row {len(rows) + 1} (line {reader.line_num} of {path.name})"
        if len(cells) != len(header):
            raise ParameterError(
                f"{where.capitalize()} has {counted(len(cells), 'cell')} "
                f"for {counted(len(header), 'column')}."
            )
        named = zip(header, (cell.strip() for cell in cells), strict=True)
        rows.append(Given(where=where, values={name: cell for name, cell in named if cell}))
    return rows


def from_names(column: str, names: Sequence[str]) -> list[Given]:
    """A row for each name in that column."""
    return [Given(where=f"{column} {name}", values={column: name}) for name in names]


def from_values(rows: Sequence[Mapping[str, Any]]) -> list[Given]:
    """The rows as they are; what is None in one is not given."""
    return [
        Given(where=f"row {n}", values={k: v for k, v in row.items() if v is not None})
        for n, row in enumerate(rows, 1)
    ]


def checked(
    book: Runbook,
    given: Sequence[Given],
    common: Mapping[str, Any],
    contexts: Collection[str] = (),
) -> tuple[Row, ...]:
    """The rows as items, each with ``common`` parameters that it does not give itself.

    contexts: those that there are; none where nobody knows.
    Raises ParameterError that names the first bad row and its column, and how many more there are;
    UsageError when there is nothing to run over.
    """
    if not 0 < len(given) <= MOST:
        raise UsageError(f"There are {len(given)} items to run over.", f"1 to {MOST:,} are taken.")
    rows, bad = [], []
    for one in given:
        try:
            rows.append(_row(book, one, common, contexts))
        except ParameterError as error:
            bad.append((one.where, error))
    if not bad:
        return tuple(rows)
    where, first = bad[0]
    column = f", column {first.parameter}" if first.parameter else ""
    more = f" {len(bad) - 1} more rows are bad." if len(bad) > 1 else ""
    raise ParameterError(
        f"{where[0].upper()}{where[1:]}{column}: {first.message}{more} Nothing was queued.",
        first.hint,
        first.parameter,
    ) from first


def _row(book: Runbook, given: Given, common: Mapping[str, Any], contexts: Collection[str]) -> Row:
    values, context = {**common, **given.values}, ""
    if CONTEXT not in {p.name for p in book.parameters}:
        context = str(values.pop(CONTEXT, ""))
    if context and contexts and context not in contexts:
        raise ParameterError(
            f"The kubeconfig has no context {context!r}.",
            f"There are: {', '.join(sorted(contexts)[:20])}.",
            CONTEXT,
        )
    return Row(parameters=check(book, values), context=context)
