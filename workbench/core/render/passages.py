"""Passages as text: what is said where, for a person or a model."""

from __future__ import annotations

from workbench.core.characters import visible
from workbench.core.counted import counted
from workbench.core.knowledge import Found, Passage, Type

UNCHECKED = "a conversation; nobody checked what it says"


def found_text(found: Found) -> str:
    """Every passage whole, under its place and its address."""
    if not found.passages:
        return f"Nothing fits “{visible(found.query)}” ({found.how})."
    heading = f"{counted(len(found.passages), 'passage')} ({found.how})"
    return "\n\n".join([heading, *(_whole(n, p) for n, p in enumerate(found.passages, 1))])


def _whole(number: int, passage: Passage) -> str:
    kind = UNCHECKED if passage.type is Type.CONVERSATION else passage.type.value
    about = f", {', '.join(passage.codes[:3])}" if passage.codes else ""
    where = f"[{number}] {visible(passage.heading or passage.title)}"
    return f"{where} — {visible(passage.address)} ({kind}{about})\n{visible(passage.text)}"


def passage_line(passage: Passage, mark: tuple[str, str] = ("", "")) -> str:
    """Its place, and the part that fits with the words that were asked for between marks."""
    snippet, at = "", 0
    for first, last in passage.highlights:
        snippet += f"{passage.snippet[at:first]}{mark[0]}{passage.snippet[first:last]}{mark[1]}"
        at = last
    snippet += passage.snippet[at:]
    where = f"{visible(passage.heading or passage.title)}  {visible(passage.address)}"
    return f"{where}\n    {' '.join(snippet.split())}"
