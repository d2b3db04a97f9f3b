"""MCP content blocks as a ToolResult."""

from __future__ import annotations

from typing import Any

import mcp_types as types
import msgspec

from workbench.core.tools import ToolResult


def to_result(answer: types.CallToolResult) -> ToolResult:
    """Text blocks joined, other blocks described; ``{"result": …}`` unwrapped from the structured
    answer (how FastMCP carries lists and plain values)."""
    data = _unwrapped(answer.structured_content)
    text = "\n".join(_described(block) for block in answer.content)
    if not text and data is not None:
        text = msgspec.json.encode(data).decode()
    return ToolResult(text=text, data=data, failed=bool(answer.is_error))


def _unwrapped(structured: Any) -> Any:
    if isinstance(structured, dict) and structured.keys() == {"result"}:
        return structured["result"]
    return structured


def _described(block: types.ContentBlock) -> str:
    match block:
        case types.TextContent():
            return block.text
        case types.ImageContent() | types.AudioContent():
            size = len(block.data) * 3 // 4
            return f"[{block.type} {block.mime_type}, {size} bytes, not shown]"
        case types.ResourceLink():
            return f"[resource {block.uri}]"
        case types.EmbeddedResource(resource=types.TextResourceContents() as resource):
            return resource.text
        case types.EmbeddedResource():
            return f"[resource {block.resource.uri}, binary, not shown]"
