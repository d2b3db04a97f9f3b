"""What may be asked."""

from __future__ import annotations

from workbench.errors import UsageError

MOST = 16_384
"""Characters of a question: two pages of pasted log. A longer one crowds out what is looked up."""


def askable(question: str) -> str:
    """The question, where there is one. Raises UsageError for none and for one that is too long."""
    if not question.strip():
        raise UsageError("There is no question.", 'Like: ask "why is checkout failing?"')
    return short(question)


def short(question: str) -> str:
    """The same for one that may be empty."""
    if len(question) > MOST:
        raise UsageError(
            f"The question has {len(question):,} characters; {MOST:,} can be asked.",
            "Ask in a few sentences; logs and manifests are looked up.",
        )
    return question
