"""``knowledge_search`` asks on behalf of its caller and answers with addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from workbench.core.knowledge import CHECKED, Filters, Found, Passage, Type
from workbench.core.tools import CallContext
from workbench.errors import StoreUnavailable, ToolFailed, ToolServerDown, UsageError
from workbench.mcp.knowledge import KnowledgeSearch

PASSAGE = Passage(
    id=1,
    document=UUID(int=1),
    title="DNS",
    source="docs/dns.md",
    anchor="check",
    type=Type.PAGE,
    text="Look at\u202e the Corefile.",
    at=datetime(2026, 1, 1, tzinfo=UTC),
)


def tool(
    asked: list[tuple[str, str, Filters, int]], error: Exception | None = None
) -> KnowledgeSearch:
    async def search(user: str, query: str, filters: Filters, limit: int) -> Found:
        asked.append((user, query, filters, limit))
        if error:
            raise error
        return Found(query=query, passages=(PASSAGE,), how="full text")

    return KnowledgeSearch(search)


async def test_a_passage_comes_with_its_address_and_hidden_characters_are_shown(
    context: CallContext,
) -> None:
    asked: list[tuple[str, str, Filters, int]] = []
    result = await tool(asked).run({"query": "dns"}, context)
    assert asked == [(context.user, "dns", Filters(types=CHECKED), 5)]
    assert "docs/dns.md#check" in result.text
    assert "\u202e" not in result.text
    assert result.data["passages"][0]["source"] == "docs/dns.md"


async def test_conversations_are_searched_only_when_they_are_named(context: CallContext) -> None:
    asked: list[tuple[str, str, Filters, int]] = []
    await tool(asked).run({"query": "dns", "namespace": "shop"}, context)
    await tool(asked).run({"query": "dns", "types": ["conversation"]}, context)
    assert Type.CONVERSATION not in asked[0][2].types
    assert asked[0][2].namespaces == ("shop",)
    assert asked[1][2].types == (Type.CONVERSATION,)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(UsageError("nothing"), ToolFailed), (StoreUnavailable("away"), ToolServerDown)],
)
async def test_an_error_is_a_tools_error(
    context: CallContext, error: Exception, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        await tool([], error).run({"query": "x"}, context)
