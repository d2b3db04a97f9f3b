"""``evidence_read``: the model opens what a digest left out, by label, search, page or path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from workbench.core.evidence import Evidence, Outcome
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.errors import StoreError, StoreUnavailable, ToolFailed, ToolServerDown

PAGE_BYTES = 12 * 1024
"""Of one page: with its heading it fits what a model is shown of a result."""
LINE_CHARACTERS = 2000
EXPRESSION_CHARACTERS = 500
SETTLE_TRIES = 20
SETTLE_SECONDS = 0.1
"""A call's outcome may be on its way for a moment after its result was shown."""

Open = Callable[[UUID, str], Awaitable[Evidence]]
Elsewhere = Callable[[str, str, str], Awaitable[Evidence]]
"""Who asks, an investigation of theirs (``INV-3``), and a label in it."""

SPEC = ToolSpec(
    name="evidence_read",
    server="evidence",
    remote_name="read",
    description=(
        "Read the recorded result of an earlier call of this investigation, for what its digest"
        " left out. Give `grep` to see only lines that hold a text, `path` (JMESPath) to pick from"
        " a structured result, `page` for the next part."
    ),
    input_schema={
        "type": "object",
        "properties": {
            "id": {
                "type": "string",
                "description": "Evidence label, like E7; INV-3/E7 for an earlier investigation's.",
            },
            "grep": {
                "type": "string",
                "description": "Text a line must hold, in any case; `a|b` for either.",
            },
            "page": {"type": "integer", "minimum": 1, "description": "Page, from 1."},
            "path": {"type": "string", "description": "JMESPath, like items[?restarts > `3`].name"},
        },
        "required": ["id"],
        "additionalProperties": False,
    },
    read_only=True,
    claims_read_only=True,
)


class EvidenceRead:
    """A LocalTool. ``open``: the evidence of an investigation with a label; ``elsewhere``: that of
    another one of the person who asks. Both raise StoreError."""

    spec = SPEC

    def __init__(self, open: Open, elsewhere: Elsewhere | None = None) -> None:
        self._open = open
        self._elsewhere = elsewhere

    async def run(self, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Raises ToolFailed for a label, path or page that does not exist."""
        evidence = await self._ended(context, arguments["id"])
        text = _whole(evidence)
        if path := arguments.get("path"):
            text = await asyncio.to_thread(_picked, evidence, path)
        lines = text.splitlines()
        if grep := arguments.get("grep"):
            lines = _holding(lines, grep)
        return ToolResult(text=_page(evidence, lines, arguments.get("page", 1)))

    async def _ended(self, context: CallContext, label: str) -> Evidence:
        for _ in range(SETTLE_TRIES):
            try:
                evidence = await self._opened(context, label)
            except StoreUnavailable as error:
                raise ToolServerDown(error.message, error.hint) from error
            except StoreError as error:
                raise ToolFailed(error.message, error.hint) from error
            if evidence.outcome is not Outcome.RUNNING:
                return evidence
            await asyncio.sleep(SETTLE_SECONDS)
        raise ToolFailed(f"{label} is still running.", "Read it when it has ended.")

    async def _opened(self, context: CallContext, label: str) -> Evidence:
        investigation, _, own = label.rpartition("/")
        if not investigation or self._elsewhere is None:
            return await self._open(context.investigation, label)
        found = await self._elsewhere(context.user, investigation, own)
        return msgspec.structs.replace(found, label=label)


def _whole(evidence: Evidence) -> str:
    if evidence.text:
        return evidence.text
    if evidence.data is not None:
        return _shown(evidence.data)
    return evidence.error


def _picked(evidence: Evidence, path: str) -> str:
    """What the path selects, as JSON with one value a line."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    data = evidence.data
    if data is None:
        data = _parsed(evidence)
    if len(path) > EXPRESSION_CHARACTERS:
        raise ToolFailed(f"The path is longer than {EXPRESSION_CHARACTERS} characters.")
    try:
        return _shown(jmespath.search(path, data))
    except (JMESPathError, RecursionError) as error:
        words = " ".join(str(error).split())
        raise ToolFailed(f"{path!r} cannot be used on {evidence.label}: {words}") from error


def _parsed(evidence: Evidence) -> Any:
    try:
        return msgspec.json.decode(evidence.text)
    except msgspec.DecodeError as error:
        raise ToolFailed(
            f"{evidence.label} is text, so that it has no paths.", "Use grep instead."
        ) from error


def _shown(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()


def _holding(lines: list[str], grep: str) -> list[str]:
    """Numbered lines with any of the texts. Texts and not expressions: one of those can keep the
    whole process busy for hours."""
    wanted = [part.casefold() for part in grep.split("|") if part]
    return [
        f"{number}: {line}"
        for number, line in enumerate(lines, 1)
        if any(part in line.casefold() for part in wanted)
    ]


def _page(evidence: Evidence, lines: list[str], page: int) -> str:
    pages = _pages(lines)
    if page > len(pages):
        raise ToolFailed(
            f"{evidence.label} has {len(pages)} pages of that.", "Ask for one of them."
        )
    heading = (
        f"[{evidence.label} {evidence.tool}, page {page} of {len(pages)}, {len(lines):,} lines]"
    )
    return "\n".join((heading, *pages[page - 1]))


def _pages(lines: list[str]) -> list[list[str]]:
    pages: list[list[str]] = [[]]
    room = PAGE_BYTES
    for line in lines:
        shown = line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}…"
        room -= len(shown.encode(errors="replace")) + 1
        if room < 0 and pages[-1]:
            pages.append([])
            room = PAGE_BYTES - len(shown.encode(errors="replace"))
        pages[-1].append(shown)
    return pages
