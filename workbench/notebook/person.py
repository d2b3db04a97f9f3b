"""Whether a person sits in front of the cell that runs: what only a person may say needs one."""

from __future__ import annotations

import sys

from workbench.errors import ToolRefused
from workbench.notebook import display


def needed(what: str) -> None:
    """Raises ToolRefused where nobody could be asked: under nbclient and papermill, whose requests
    allow no input (Jupyter messaging protocol, ``allow_stdin``), and in a program without a
    terminal."""
    if not there():
        raise ToolRefused(
            f"{what} takes a person, and nobody sits in front of this notebook.",
            "Run the cell by hand, or use the terminal.",
        )


def there() -> bool:
    """Whether a person could be asked."""
    kernel = getattr(display.shell(), "kernel", None)
    if kernel is None:
        return sys.stdin.isatty()
    asked = kernel.get_parent("shell")
    return bool(asked.get("content", {}).get("allow_stdin"))
