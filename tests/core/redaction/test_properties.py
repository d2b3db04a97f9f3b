"""What holds for any text and any value."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.redaction import Redactor, redact_text, redact_value
from workbench.core.redaction.redactor import _Place

PIECES = st.sampled_from(
    ["password", "token", "=", ": ", "\n", '"', "'", "{", "}", "kind: Secret\n", "data:\n", "  a: ",
     "-----BEGIN PRIVATE KEY-----", "://", "@", "Bearer ", "\\n", "eyJ", "«redacted:env»", "--key ",
     "value: ", "name: API_TOKEN\n", "AKIA" + "A" * 16, "curl -u a:", "\ud800", "é", "auth"]
)  # fmt: skip
TEXT = st.lists(PIECES | st.text(max_size=12), max_size=25).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT.filter(lambda t: "\ud800" not in t),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["kind", "data", "password", "name", "key", "value", "auth", "items", "env"]
            ),
            inner,
        )
    ),
    max_leaves=15,
)
LONGEST_MARK = 70


@given(TEXT)
def test_text_keeps_its_lines_and_grows_within_bounds(text: str) -> None:
    clean = redact_text(text)
    if text.lstrip()[:1] not in ("{", "["):
        assert clean.count("\n") == text.count("\n")
    assert len(clean) <= (len(text) + 1) * LONGEST_MARK


@given(TEXT)
def test_redacting_redacted_text_changes_nothing(text: str) -> None:
    clean = redact_text(text)
    assert redact_text(clean) == clean


@given(JSON, st.sampled_from([None, 1, 2, 4]))
def test_json_stays_json_of_as_many_lines(value: Any, indent: int | None) -> None:
    text = json.dumps({"value": value}, indent=indent)
    clean = redact_text(text)
    json.loads(clean)
    assert redact_text(clean) == clean


@given(JSON)
def test_a_redacted_value_is_redacted(value: Any) -> None:
    clean = redact_value(value)
    assert redact_value(clean) == clean


def test_a_value_deeper_than_any_object_is_cut() -> None:
    value: Any = "deep-secret"
    for _ in range(50_000):
        value = [value]
    clean = redact_value(value)
    while isinstance(clean, list):
        clean = clean[0]
    assert clean == "«redacted:too-deep»"
    assert redact_text("[" * 50_000).startswith("[")


def test_equal_secrets_have_equal_tags_and_keys_make_others() -> None:
    redactor = Redactor(b"k" * 32)
    in_log = redactor.text("password=hunter22")
    in_secret = redactor.value({"kind": "Secret", "data": {"p": "aHVudGVyMjI="}})["data"]["p"]
    other = redactor.text("password=hunter23")
    tag = in_log.split("#")[1]
    assert in_secret.split("#")[1] == tag
    assert other.split("#")[1] != tag
    assert Redactor(b"x" * 32).text("password=hunter22") != in_log
    assert "#" not in redact_text("password=hunter22")
    assert redactor.text(in_log) == in_log


@given(JSON)
def test_a_value_that_is_not_suspected_would_not_have_changed(value: Any) -> None:
    """Values are asked as a whole near the top; this deep they are walked."""
    assert redact_value(value) == Redactor()._redacted(value, _Place(depth=3))
