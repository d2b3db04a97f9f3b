"""One row of the tables: a wording and what it means."""

from __future__ import annotations

Saying = tuple[str, str, str]
"""The kind of trouble, what it means in plain words with ``{names}`` of the pattern's groups, and
the pattern (a regular expression, letter case ignored) that the line's message holds."""
