"""How people name an investigation and one of its calls: ``INV-3``, ``INV-3/E12``, ``E12``."""

from __future__ import annotations

import re

import msgspec

from workbench.errors import UsageError

CALL = re.compile(r"E\d+", re.IGNORECASE)
FORM = re.compile(r"(?P<investigation>[^\s/]+)(?:[\s/]+(?P<label>E\d+))?", re.IGNORECASE)


class Reference(msgspec.Struct, frozen=True):
    """investigation: a label or id, "" for the one at hand. label: "" for all of its calls."""

    investigation: str
    label: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.investigation, self.label) if part)

    def within(self, investigation: str) -> Reference:
        """The same call, in that investigation where none was named."""
        return Reference(self.investigation or investigation, self.label)


def parse(text: str) -> Reference:
    """Raises UsageError when it names neither an investigation nor a call."""
    words = text.strip()
    if CALL.fullmatch(words):
        return Reference("", words.upper())
    found = FORM.fullmatch(words)
    if not found:
        raise UsageError(f"{text!r} names no recorded call.", "Like INV-3, INV-3/E12 or E12.")
    return Reference(found["investigation"], (found["label"] or "").upper())
