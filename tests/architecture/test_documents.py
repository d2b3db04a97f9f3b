"""The documents say what the code says."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from workbench import errors
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_error_tree_in_the_docstring_is_complete() -> None:
    drawn = set(re.findall(r"[─ ]([A-Z]\w+)", errors.__doc__ or "")) | {"WorkbenchError"}
    defined = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    assert defined <= drawn


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    field = Settings.model_fields[name]
    variable = str(field.validation_alias or f"WORKBENCH_{name.upper()}")
    page = (ROOT / "docs" / "settings.md").read_text()
    assert f"`{variable}`" in page
    assert f"`{name}`" in page
