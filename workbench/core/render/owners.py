"""An owner tree with the path to what is unhealthy marked, from the tree of the ``owners`` tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.core.characters import one_line
from workbench.core.render.html import NOTHING, Html, tag

SICK, WELL = "✗", "·"
_READY = re.compile(r"(\d+)/(\d+) ready")
_ENDED = ("Completed", "Succeeded", "Complete")


def unhealthy(tree: dict[str, Any]) -> bool:
    """Whether the object, or anything it owns, is not as it should be."""
    return _sick(str(tree.get("state", ""))) or any(unhealthy(o) for o in tree.get("owns", ()))


def text(tree: dict[str, Any], indent: str = "") -> str:
    """A line an object, indented under its owner; ✗ stands before the unhealthy path."""
    mark = SICK if unhealthy(tree) else WELL
    line = f"{indent}{mark} {'  '.join(_words(tree))}"
    return "\n".join([line, *(text(owned, indent + "  ") for owned in tree.get("owns", ()))])


def html(tree: dict[str, Any]) -> Html:
    """The tree as nested lists."""
    return tag("ul", _branch(tree), class_="wb-tree")


def _branch(tree: dict[str, Any]) -> Html:
    sick = unhealthy(tree)
    name, *notes = _words(tree)
    owned = [_branch(o) for o in tree.get("owns", ())]
    return tag(
        "li",
        tag("span", SICK if sick else WELL, class_="wb-mark"),
        " ",
        tag("strong" if tree.get("asked") else "span", name),
        " ",
        tag("span", "  ".join(notes), class_="wb-summary"),
        tag("ul", *owned) if owned else NOTHING,
        class_="wb-sick" if sick else "",
    )


def _words(tree: dict[str, Any]) -> Iterator[str]:
    ref = tree.get("ref", {})
    where = f"{ref.get('namespace')}/" if ref.get("namespace") else ""
    yield one_line(f"{ref.get('kind', '')} {where}{ref.get('name', '')}")
    if tree.get("state"):
        yield one_line(str(tree["state"]))
    if not tree.get("read", True):
        yield "not read"
    if tree.get("asked"):
        yield "← asked"


def _sick(state: str) -> bool:
    ready = _READY.search(state)
    if state.startswith(_ENDED) or not state:
        return False
    return "Failed" in state or bool(ready and int(ready[1]) < int(ready[2]))
