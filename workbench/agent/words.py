"""The words of a model as they come, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable

from workbench.agent.disguise import Disguise

OnText = Callable[[str], None]
"""Gets each piece of text at once. What was said is a step only when it is complete."""


class Words:
    """Hands on pieces of text, with the names put back where a model got stand-ins.

    A stand-in may come in two pieces, so with stand-ins a piece waits for the end of its word.
    """

    def __init__(self, disguise: Disguise, on_text: OnText | None) -> None:
        self._disguise = disguise
        self._on_text = on_text
        self._waiting = ""

    def add(self, piece: str) -> None:
        if self._on_text is None or not piece:
            return
        if not self._disguise.active:
            self._on_text(piece)
            return
        self._waiting += piece
        end = max(self._waiting.rfind(" "), self._waiting.rfind("\n")) + 1
        self._give(self._waiting[:end])
        self._waiting = self._waiting[end:]

    def end(self) -> None:
        """The text is complete."""
        self._give(self._waiting)
        self._waiting = ""

    def _give(self, text: str) -> None:
        if text and self._on_text is not None:
            self._on_text(self._disguise.reveal(text))
