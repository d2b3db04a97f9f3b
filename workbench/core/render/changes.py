"""What is different between two texts: a manifest and the one before it, a result then and now."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from workbench.core.characters import visible
from workbench.core.counted import counted
from workbench.core.render import markdown
from workbench.core.render.html import Html, tag

CONTEXT_LINES = 3
LINES_MOST = 400
CHARACTERS = 500
FROM_MEMORY = "(from watches of the cluster, current as of "
"""How a tool begins the line that says how current its answer is, which differs each time."""
_CLASSES = {"+": "wb-added", "-": "wb-removed", "@": "wb-where"}


def changes(before: str, after: str) -> tuple[str, ...]:
    """The lines of a unified diff without its head; none when the texts are the same."""
    diff = difflib.unified_diff(_told(before), _told(after), n=CONTEXT_LINES, lineterm="")
    return tuple(visible(line)[:CHARACTERS] for line in list(diff)[2:])


def _told(text: str) -> list[str]:
    """Its lines, without the one about how it was read."""
    return [line for line in text.splitlines() if not line.startswith(FROM_MEMORY)]


def count(lines: tuple[str, ...]) -> str:
    """``2 lines are new, 1 is gone``, or that nothing changed."""
    new = sum(line.startswith("+") for line in lines)
    gone = sum(line.startswith("-") for line in lines)
    if not lines:
        return "nothing changed"
    return f"{counted(new, 'new line')}, {gone} gone"


def text(lines: tuple[str, ...]) -> str:
    return "\n".join(_bounded(lines))


def as_markdown(lines: tuple[str, ...]) -> str:
    return markdown.fence(text(lines), "diff") if lines else ""


def html(lines: tuple[str, ...]) -> Html:
    """The lines in colours, each with its sign so that it can be read without them."""
    shown = (
        tag("span", f"{line}\n", class_=_CLASSES.get(line[:1], "")) for line in _bounded(lines)
    )
    return tag("pre", *shown, class_="wb-text wb-diff")


def _bounded(lines: tuple[str, ...]) -> Iterator[str]:
    yield from lines[:LINES_MOST]
    if len(lines) > LINES_MOST:
        yield f"… {counted(len(lines) - LINES_MOST, 'more line')} with differences"
