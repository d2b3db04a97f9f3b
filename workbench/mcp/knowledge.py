"""``knowledge_search``: notes, runbooks, documents and closed incidents, found by a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from workbench.core.knowledge import CHECKED, Filters, Found, Passage, Type
from workbench.core.render.passages import found_text
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.errors import (
    KnowledgeError,
    StoreError,
    StoreUnavailable,
    ToolFailed,
    ToolServerDown,
    UsageError,
)

MOST = 12
FEW = 5

Search = Callable[[str, str, Filters, int], Awaitable[Found]]
"""Who asks, what, limited to what, and how many at most."""

SPEC = ToolSpec(
    name="knowledge_search",
    server="knowledge",
    remote_name="search",
    description=(
        "Search what was written down before: notes on fault codes, runbooks, alert rules,"
        " documents and incidents that a person closed. It knows nothing about how the cluster is"
        " now. Ask with the words of the symptom, an error message or a finding code."
    ),
    input_schema={
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "Words, an error message, or a question."},
            "types": {
                "type": "array",
                "items": {"type": "string", "enum": [t.value for t in Type]},
                "description": "Only these. Conversations, which nobody checked, only if named.",
            },
            "namespace": {"type": "string", "description": "Leave out what is about others."},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST},
        },
        "required": ["query"],
        "additionalProperties": False,
    },
    read_only=True,
    claims_read_only=True,
)


class KnowledgeSearch:
    """A LocalTool. Whoever calls it finds what is theirs and what is everybody's."""

    spec = SPEC

    def __init__(self, search: Search) -> None:
        self._search = search

    async def run(self, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        """Raises ToolFailed for a question that makes no sense."""
        namespace = arguments.get("namespace")
        filters = Filters(
            types=tuple(Type(t) for t in arguments.get("types") or ()) or CHECKED,
            namespaces=(namespace,) if namespace else (),
        )
        try:
            found = await self._search(
                context.user, arguments["query"], filters, arguments.get("limit", FEW)
            )
        except StoreUnavailable as error:
            raise ToolServerDown(error.message, error.hint) from error
        except (StoreError, KnowledgeError, UsageError) as error:
            raise ToolFailed(error.message, error.hint) from error
        data = {"how": found.how, "passages": [_row(p) for p in found.passages]}
        return ToolResult(text=found_text(found), data=data)


def _row(passage: Passage) -> dict[str, Any]:
    return {
        "title": passage.title,
        "heading": passage.heading,
        "source": passage.source,
        "anchor": passage.anchor,
        "type": passage.type.value,
        "codes": list(passage.codes),
        "score": round(passage.score, 5),
        **({"namespace": passage.namespace} if passage.namespace else {}),
        "snippet": passage.snippet,
        "highlights": msgspec.to_builtins(passage.highlights),
    }
