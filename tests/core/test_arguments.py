from __future__ import annotations

from typing import Any

import pytest

from workbench.core.arguments import wrong_arguments

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "limit": {"type": "integer", "minimum": 1, "maximum": 500},
        "since": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "order": {"enum": ["oldest", "newest"]},
        "labels": {"type": "array", "items": {"$ref": "#/$defs/Label"}},
    },
    "required": ["namespace"],
    "additionalProperties": False,
    "$defs": {"Label": {"type": "object", "required": ["key"]}},
}


@pytest.mark.parametrize(
    "arguments",
    [
        {"namespace": "shop"},
        {"namespace": "shop", "limit": 3, "since": None, "order": "newest"},
        {"namespace": "shop", "limit": 3.0, "labels": [{"key": "app"}]},
    ],
)
def test_arguments_that_fit(arguments: dict[str, Any]) -> None:
    assert wrong_arguments(SCHEMA, arguments) == ()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "`namespace` is missing."),
        ({"namespace": 3}, "`namespace` must be string, not 3."),
        ({"namespace": ""}, "`namespace` is too short: 0, at least 1."),
        ({"namespace": "a", "limit": 0}, "`limit` must be at least 1, not 0."),
        ({"namespace": "a", "limit": True}, "`limit` must be integer, not True."),
        ({"namespace": "a", "since": 5}, "`since` must be string or null, not 5."),
        ({"namespace": "a", "order": "up"}, "`order` must be one of 'oldest', 'newest', not 'up'."),
        ({"namespace": "a", "labels": [{}]}, "`labels[0].key` is missing."),
        ({"namespace": "a", "limits": 5}, "`limits` is not known; did you mean `limit`?"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    assert wrong_arguments(SCHEMA, arguments) == (sentence,)


def test_what_is_not_understood_is_left_to_the_server() -> None:
    loop = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    strange = {"type": "wonder", "properties": True, "patternProperties": {"x": False}}
    assert wrong_arguments(loop, {"x": 1}) == ()
    assert wrong_arguments({"properties": {"x": {"$ref": "elsewhere"}}}, {"x": 1}) == ()
    assert wrong_arguments({"properties": {"x": strange}}, {"x": 1}) == ()
