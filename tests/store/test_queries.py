"""Every named query is valid on a migrated database and says what it takes."""

from __future__ import annotations

import pytest

from tests.support.postgres import connected
from workbench.errors import StoreError
from workbench.store.queries import parse, queries, sql

SPELLED_OUT = {
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "int4": "integer",
    "int8": "bigint",
}


async def test_every_query_prepares_with_the_parameters_its_header_names(database: str) -> None:
    async with connected(database) as connection:
        for query in queries().values():
            prepared = await connection.prepare(query.sql)
            taken = [_type_name(t) for t in prepared.get_parameters()]
            assert [p.type for p in query.parameters] == taken, query.name


def _type_name(type: object) -> str:
    name: str = type.name  # type: ignore[attr-defined]
    element = name.removesuffix("[]")
    return SPELLED_OUT.get(element, element) + name[len(element) :]


def test_parameters_are_numbered_in_order() -> None:
    for query in queries().values():
        assert [p.number for p in query.parameters] == list(range(1, len(query.parameters) + 1))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(StoreError, match="no query named nothing"):
        sql("nothing")


def test_a_header_gives_name_description_and_parameters() -> None:
    text = "-- name: one\n-- Adds.\n-- $1 integer: what\nselect $1 + 1;\n\n-- name: two\nselect 2;"
    one, two = parse(text)
    assert (one.name, one.description, one.sql) == ("one", "Adds.", "select $1 + 1")
    assert (one.parameters[0].type, one.parameters[0].meaning) == ("integer", "what")
    assert (two.name, two.parameters, two.sql) == ("two", (), "select 2")
