"""What the wheel is made of reaches the image's build."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
    "wheel"
]
PARTS = [*WHEEL["packages"], *WHEEL["force-include"], *WHEEL["shared-data"]]


def within(part: str, folders: list[str]) -> bool:
    return any(Path(part).is_relative_to(folder) for folder in folders)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_let_in_and_copied(part: str) -> None:
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M)
    copied = re.findall(r"^COPY (?!--)(\S+) \./\S", (ROOT / "Dockerfile").read_text(), re.M)
    assert within(part, let_in)
    assert within(part, copied)
