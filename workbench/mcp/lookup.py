"""Finding a tool by name behind any wrapper."""

from __future__ import annotations

import difflib

from workbench.core.tools import Tools, ToolSpec
from workbench.errors import ToolUnknown


async def find_tool(tools: Tools, name: str) -> ToolSpec:
    """The tool's description. Raises ToolUnknown with the names closest to it."""
    specs = await tools.list()
    for spec in specs:
        if spec.name == name:
            return spec
    raise unknown_tool(name, [spec.name for spec in specs])


def unknown_tool(name: str, known: list[str], note: str = "") -> ToolUnknown:
    """The error for a name nobody offers; ``note`` says what may be missing."""
    close = difflib.get_close_matches(name, known, n=3)
    hint = f"Close to it: {', '.join(close)}." if close else "List the tools there are."
    return ToolUnknown(f"There is no tool {name} now.{note}", hint)
