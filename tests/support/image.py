"""What the image leaves out, as deploy/slim.py has it."""

from __future__ import annotations

import importlib.util
from pathlib import Path, PurePosixPath
from types import ModuleType

SLIM = Path(__file__).parents[2] / "deploy" / "slim.py"
SERVED = {
    "/static/extensions/panel/": "panel/dist/",
    "/static/": "bokeh/server/static/",
}
"""Addresses of the pages' files, and the folders they are served from."""


def slim() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("slim", SLIM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PATTERNS = tuple(slim().LEFT_OUT)


def left_out(path: str) -> bool:
    """Whether the image lacks the file that a page asks for at that address."""
    for address, folder in SERVED.items():
        if path.startswith(address):
            file = PurePosixPath(folder + path.removeprefix(address))
            own = (file, *file.parents)
            return any(one.match(p.removeprefix("**/")) for one in own for p in PATTERNS)
    return False
