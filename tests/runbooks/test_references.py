from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ParameterError
from workbench.runbooks.references import is_reference, names_secret, resolve


def test_a_file_is_read_without_its_last_line_break(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("s3cret\n")
    value = resolve(f"file:{path}")
    assert value == "s3cret"
    assert "s3cret" not in repr(value)


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "s3cret")
    assert resolve("env:A_TOKEN") == "s3cret"


@pytest.mark.parametrize(
    "reference", ["", "s3cret", "env:", "env:no such", "env:NOT_SET_ANYWHERE", "file:/nowhere/at"]
)
def test_what_stands_for_nothing_is_refused_without_being_repeated(reference: str) -> None:
    with pytest.raises(ParameterError) as refused:
        resolve(reference)
    assert "s3cret" not in str(refused.value)


def test_names_and_references_are_told_from_others() -> None:
    assert names_secret("db_password")
    assert not names_secret("secret_name")
    assert is_reference("env:DB_PASSWORD")
    assert is_reference("")
    assert not is_reference("hunter2")
    assert not is_reference(7)
