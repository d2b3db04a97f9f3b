"""Markdown cut by its structure: a section per heading, pieces of a size that can be found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from workbench.core.knowledge import Piece

TARGET = 1200
"""Characters of a piece. About 250 words: enough to answer, small enough for one subject."""
CODE_MOST = 6000
"""A block of code stays whole up to here."""

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_NAMED = re.compile(r"\s*\{#([\w.-]+)[^}]*\}\s*$")
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The text under one heading. ``path``: the headings above it and itself, outermost first."""

    text: str
    anchor: str = ""
    path: tuple[str, ...] = ()


def sections(markdown: str) -> Iterator[Section]:
    """A section for each heading that has text, in order. Headings inside of code are none."""
    path: list[tuple[int, str]] = []
    anchor, lines, fence = "", list[str](), ""
    taken: dict[str, int] = {}
    for line in [*markdown.splitlines(), "# end"]:
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        heading = None if fence else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        if text := "\n".join(lines).strip():
            yield Section(text=text, anchor=anchor, path=tuple(title for _, title in path))
        level, title = len(heading[1]), heading[2]
        path = [(depth, above) for depth, above in path if depth < level]
        path.append((level, _NAMED.sub("", title)))
        anchor, lines = _anchor(title, taken), []
    if fence and (text := "\n".join(lines[:-1]).strip()):  # a fence that was never closed
        yield Section(text=text, anchor=anchor, path=tuple(title for _, title in path))


def first_heading(markdown: str) -> str:
    """The first heading, "" when there is none."""
    found = next((m for line in markdown.splitlines() if (m := _HEADING.match(line))), None)
    return _NAMED.sub("", found[2]) if found else ""


def pieces(found: Iterable[Section]) -> Iterator[Piece]:
    """The sections in pieces of about ``TARGET`` characters. Blocks of code stay whole."""
    for section in found:
        heading = " > ".join(section.path)
        for text in _parts(section.text):
            yield Piece(text=text, anchor=section.anchor, heading=heading)


def _parts(text: str) -> Iterator[str]:
    gathered, size = list[str](), 0
    for block in _blocks(text):
        if gathered and size + len(block) > TARGET:
            yield "\n\n".join(gathered)
            gathered, size = [], 0
        gathered.append(block)
        size += len(block)
    if gathered:
        yield "\n\n".join(gathered)


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs and blocks of code; one that is too large in several."""
    lines, fence = list[str](), ""
    for line in [*text.splitlines(), ""]:
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        if line.strip() or fence:
            lines.append(line)
        elif lines:
            yield from _bounded("\n".join(lines))
            lines = []
    if lines:
        yield from _bounded("\n".join(lines))


def _bounded(block: str) -> Iterator[str]:
    code = bool(_FENCE.match(block))
    most = CODE_MOST if code else TARGET
    if len(block) <= most:
        yield block
        return
    held = ""
    for part in block.splitlines() if code or "\n" in block else _SENTENCE.split(block):
        for short in _cut(part, most):
            if held and len(held) + len(short) >= most:
                yield held
                held = short
            else:
                held = f"{held}\n{short}" if held else short
    if held:
        yield held


def _cut(line: str, most: int) -> Iterator[str]:
    """A line that is too long by itself, between words where there are any."""
    while len(line) > most:
        at = line.rfind(" ", most // 2, most)
        at = most if at < 0 else at
        yield line[:at]
        line = line[at:].lstrip()
    yield line


def _anchor(title: str, taken: dict[str, int]) -> str:
    """As Markdown renderers make them: lower case, hyphens, numbered when it comes again."""
    named = _NAMED.search(title)
    if named:
        return named[1]
    slug = re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
    again = taken.get(slug, 0)
    taken[slug] = again + 1
    return f"{slug}-{again}" if again else slug
