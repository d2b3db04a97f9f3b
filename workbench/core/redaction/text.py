"""Secrets taken out of free text: manifests in YAML, logs, command lines, messages.

Most text holds none, so that is found out first and fast: one pass of a linear-time engine tells
which lines could hold one, and only those are looked at closely.
"""

from __future__ import annotations

import re

from workbench.core.redaction import blocks, pairs
from workbench.core.redaction.blocks import Blocks
from workbench.core.redaction.engine import lines_holding, matching
from workbench.core.redaction.formats import FORMATS, PRIVATE_KEY
from workbench.core.redaction.marks import Mark
from workbench.core.redaction.pairs import Pairs
from workbench.core.redaction.places import PLACES
from workbench.core.redaction.shapes import Shape

_SHAPES = (*FORMATS, *PLACES)
_TRIGGERS = (*(shape.trigger for shape in _SHAPES), *pairs.TRIGGERS)
_suspects = lines_holding("|".join(_TRIGGERS))
_suspected = matching(_TRIGGERS)

MOST_PASSES = 8
"""A secret taken out can bare another one behind it (``curl -u a:curl -u b:c``)."""


def could_hold_a_secret(text: str) -> bool:
    """Whether a closer look is worth it; quick, and never wrong when it says no."""
    return any(True for _ in _suspects(text)) or blocks.could_hold(text)


class FreeText:
    """Takes secrets out of text that is not JSON. Lines stay lines."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self._blocks = Blocks(mark)
        self._pairs = Pairs(mark)

    def redact(self, text: str) -> str:
        """Text without its secrets, with as many lines as before."""
        if blocks.could_hold(text):
            text = self._shape(PRIVATE_KEY, self._blocks.redact(text))
            text = self._shape(_PUTTY, text)
        kept: list[str] = []
        done = 0
        for start, end in _suspects(text):
            line = text[start:end]
            clean = self._settled(line)
            if clean != line:
                kept += (text[done:start], clean)
                done = end
        return "".join((*kept, text[done:])) if kept else text

    def _settled(self, line: str) -> str:
        for _ in range(MOST_PASSES):
            clean = line
            which = _suspected(line)
            for number in which:
                if number < len(_SHAPES):
                    clean = self._shape(_SHAPES[number], clean)
            if which and which[-1] >= len(_SHAPES):
                clean = self._pairs.redact(clean, [n - len(_SHAPES) for n in which])
            if clean == line:
                break
            line = clean
        return line

    def _shape(self, shape: Shape, text: str) -> str:
        def marked(match: re.Match[str]) -> str:
            kept = match[match.lastindex] if match.lastindex else ""
            secret = match[0][len(kept) :]
            if secret.startswith("«"):
                return match[0]
            return kept + self._mark(shape.kind, secret) + "\n" * secret.count("\n")

        return shape.pattern.sub(marked, text)


_PUTTY = next(shape for shape in FORMATS if shape.kind == "putty-key")
