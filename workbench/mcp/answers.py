"""MCP content blocks as a ToolResult."""

from __future__ import annotations

from typing import Any

import mcp_types as types
import msgspec

from workbench.core.tools import ToolResult

EVIDENCE = "k8s-workbench/evidence"
"""Key in a result's ``_meta`` of the label under which a workbench recorded the call."""


def to_result(answer: types.CallToolResult) -> ToolResult:
    """Text blocks joined, other blocks described; ``{"result": …}`` unwrapped from the structured
    answer (how FastMCP carries lists and plain values).

    An evidence label is kept as another workbench gave it; whoever records the call here puts their
    own in its place.
    """
    data = _unwrapped(answer.structured_content)
    text = "\n".join(_described(block) for block in answer.content)
    if not text and data is not None:
        text = msgspec.json.encode(data).decode()
    label = (answer.meta or {}).get(EVIDENCE, "")
    evidence = label if isinstance(label, str) else ""
    return ToolResult(text=text, data=data, failed=bool(answer.is_error), evidence=evidence)


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
