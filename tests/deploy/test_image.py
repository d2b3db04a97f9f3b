"""What the wheel is made of reaches the image's build, and what no server uses leaves it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.image import left_out, slim
from workbench.chat.mount import SCRIPTS

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


def test_the_scripts_of_the_pages_stay_and_their_twins_go() -> None:
    for script in SCRIPTS:
        address = f"/static/{script.partition('?')[0]}"
        assert not left_out(address)
        assert left_out(address.replace(".min.js", ".js"))
    assert left_out("/static/extensions/panel/bundled/jquery/jquery.min.js")


def test_only_what_is_left_out_goes(tmp_path: Path) -> None:
    kept = ("numpy/core.py", "numpy/core.so", "panel/dist/css/a.css", "panel/dist/panel.min.js")
    gone = (
        "numpy/tests/test_core.py", "numpy/core.pyi", "numpy/core.h", "debugpy/__init__.py",
        "panel/dist/bundled/x/y.js", "panel/dist/panel.js", "bokeh/server/static/js/bokeh.js",
    )  # fmt: skip
    for name in (*kept, *gone):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    slim().slim(tmp_path)
    left = {str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*") if f.is_file()}
    assert left == set(kept)
