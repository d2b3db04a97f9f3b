"""Named queries, read from ``sql/*.sql``.

Each is introduced by a comment::

    -- name: append_step
    -- Appends a step unless that number is taken.
    -- $1 uuid: investigation
    -- $2 integer: number, counted by the caller

The first line names it; lines with ``$n`` give each parameter's type and meaning; the others
describe it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec

from workbench.errors import StoreError

NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
PARAMETER = re.compile(r"^-- \$(\d+) ([a-z\[\] ]+)(?:: (.*))?$")


class Parameter(msgspec.Struct, frozen=True):
    """``type`` is the PostgreSQL name of the type, as ``format_type`` gives it."""

    number: int
    type: str
    meaning: str


class Query(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str
    parameters: tuple[Parameter, ...]
    sql: str


def sql(name: str) -> str:
    """The text of a named query. Raises StoreError when there is none of that name."""
    try:
        return queries()[name].sql
    except KeyError:
        raise StoreError(f"There is no query named {name}.") from None


@cache
def queries() -> dict[str, Query]:
    """Every named query."""
    found: dict[str, Query] = {}
    for file in sorted(files("workbench.store").joinpath("sql").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql"):
            for query in parse(file.read_text("utf-8")):
                if query.name in found:
                    raise StoreError(f"Two queries are named {query.name}.")
                found[query.name] = query
    return found


def parse(text: str) -> Iterator[Query]:
    """The queries of one file, in order."""
    _, *parts = NAME.split(text)
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        lines = body.strip().splitlines()
        comments = [line for line in lines if line.startswith("--")]
        parameters = [m for line in comments if (m := PARAMETER.match(line))]
        words = [line.removeprefix("-- ") for line in comments if not PARAMETER.match(line)]
        yield Query(
            name=name,
            description=" ".join(words),
            parameters=tuple(Parameter(int(m[1]), m[2], m[3] or "") for m in parameters),
            sql="\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";"),
        )
