"""Secrets taken out of free text: manifests in YAML, logs, command lines, messages.

Most text holds none, so that is found out first and fast: one pass of a linear-time engine (the
Rust regex engine that pydantic carries) tells which pieces and then which lines could hold one, and
only those are looked at closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.core.redaction import blocks, pairs
from workbench.core.redaction.blocks import Blocks
from workbench.core.redaction.engine import holds, readable
from workbench.core.redaction.formats import FORMATS, PRIVATE_KEY
from workbench.core.redaction.marks import Mark
from workbench.core.redaction.pairs import Pairs
from workbench.core.redaction.places import PLACES
from workbench.core.redaction.shapes import Shape

_could_format = holds("|".join(shape.trigger for shape in FORMATS))
_could_place = holds("|".join(shape.trigger for shape in PLACES))
_could_pair = holds(pairs.TRIGGER)
_QUESTIONS = (_could_format, _could_place, _could_pair)
"""Apart: the engine keeps its states in a cache that one pattern of them all would overrun."""

PIECE = 3000
"""Characters looked at at once; only in pieces that could hold a secret are lines told apart."""
MOST_PASSES = 8
"""A secret taken out can bare another one behind it (``curl -u a:curl -u b:c``)."""


def could_hold_a_secret(text: str) -> bool:
    """Whether a closer look is worth it; quick, and never wrong when it says no."""
    told = readable(text)
    return any(could(told) for could in _QUESTIONS) or blocks.could_hold(told)


class FreeText:
    """Takes secrets out of text that is not JSON. Lines stay lines."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self._blocks = Blocks(mark)
        self._pairs = Pairs(mark)
        self._steps = (
            (_could_format, self._formats),
            (_could_place, self._places),
            (_could_pair, self._pairs.redact),
        )

    def redact(self, text: str) -> str:
        """Text without its secrets, with as many lines as before."""
        if blocks.could_hold(told := readable(text)):
            text = self._shape(PRIVATE_KEY, self._blocks.redact(text, told))
            text = self._shape(_PUTTY, text)
        return "".join([self._piece(piece) for piece in pieces(text)])

    def _piece(self, piece: str) -> str:
        told = readable(piece)
        steps = [step for step in self._steps if step[0](told)]
        if not steps:
            return piece
        lines, told_lines = piece.split("\n"), told.split("\n")
        changed: set[int] = set()
        for could, redact in steps:
            for number in [n for n, line in enumerate(told_lines) if could(line)]:
                clean = redact(lines[number])
                if clean != lines[number]:
                    lines[number] = clean
                    changed.add(number)
        for number in changed:
            lines[number] = self._settled(lines[number])
        return "\n".join(lines)

    def _settled(self, line: str) -> str:
        for _ in range(MOST_PASSES):
            clean = self._places(self._formats(line))
            clean = self._pairs.redact(clean)
            if clean == line:
                break
            line = clean
        return line

    def _formats(self, line: str) -> str:
        return self._shapes(_FORMAT_NEEDLES, line) if _could_format(readable(line)) else line

    def _places(self, line: str) -> str:
        return self._shapes(_PLACE_NEEDLES, line) if _could_place(readable(line)) else line

    def _shapes(self, needles: tuple[tuple[str, Shape], ...], line: str) -> str:
        lowered = line.lower()
        for needle, shape in needles:
            if needle in lowered:
                line = self._shape(shape, line)
        return line

    def _shape(self, shape: Shape, text: str) -> str:
        def marked(match: re.Match[str]) -> str:
            kept = match[match.lastindex] if match.lastindex else ""
            secret = match[0][len(kept) :]
            if secret.startswith("«"):
                return match[0]
            return kept + self._mark(shape.kind, secret) + "\n" * secret.count("\n")

        return shape.pattern.sub(marked, text)


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of whole lines of about PIECE characters, to be joined by nothing."""
    start, length = 0, len(text)
    while length - start > PIECE:
        end = text.find("\n", start + PIECE) + 1
        if not end:
            break
        yield text[start:end]
        start = end
    yield text[start:]


# Flat, because most of the time is spent finding that a line holds none of them.
_FORMAT_NEEDLES = tuple((needle, shape) for shape in FORMATS for needle in shape.needles)
_PLACE_NEEDLES = tuple((needle, shape) for shape in PLACES for needle in shape.needles)
_PUTTY = next(shape for shape in FORMATS if shape.kind == "putty-key")
