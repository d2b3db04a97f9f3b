"""What happened, written up in sentences that say what shows them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from workbench.core.investigation import Claim


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph under a title; each sentence is a claim, and one that cites nothing that exists
    a hypothesis."""

    title: str
    sentences: tuple[Claim, ...]


class Narrative(msgspec.Struct, frozen=True, kw_only=True):
    """An incident written up by a model, named as its provider names it.

    Sentences cite calls as ``INV-3/E7``, and as ``INC-1`` what people said and did.
    """

    model: str
    parts: tuple[Part, ...]

    @property
    def about(self) -> str:
        """How it came to be, for whoever reads it."""
        return (
            f"Written by {self.model} from the record. Each sentence names the calls that show it, "
            "or the incident where people said so; what names none is a guess."
        )

    def lines(self) -> Iterator[str]:
        """It as plain text, a line each sentence."""
        for part in self.parts:
            yield part.title
            for said in part.sentences:
                yield f"- {said.text} ({', '.join(said.evidence) or 'hypothesis, no evidence'})"
