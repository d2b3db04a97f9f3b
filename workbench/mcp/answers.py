"""What a tool answers (MCP: CallToolResult), and a ToolResult made of it."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.tools import ToolResult

EVIDENCE = "k8s-workbench/evidence"
"""Key in a result's ``_meta`` of the label under which a workbench recorded the call."""


class Resource(msgspec.Struct, frozen=True):
    """What a resource block embeds; without a text it is binary."""

    uri: str = ""
    text: str | None = None


class Block(msgspec.Struct, frozen=True, rename="camel"):
    """One block of content: text, image, audio, resource_link or resource."""

    type: str
    text: str = ""
    data: str = ""
    mime_type: str | None = None
    uri: str = ""
    resource: Resource | None = None


class Answer(
    msgspec.Struct,
    frozen=True,
    rename={"meta": "_meta", "is_error": "isError", "structured_content": "structuredContent"},
):
    """A CallToolResult, of which the fields are held that somebody reads."""

    content: tuple[Block, ...] = ()
    structured_content: Any = None
    is_error: bool | None = False
    meta: dict[str, Any] | None = msgspec.field(default=None, name="_meta")


def to_result(answer: Answer) -> ToolResult:
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


def _described(block: Block) -> str:
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return f"[{block.type} {block.mime_type}, {len(block.data) * 3 // 4} bytes, not shown]"
        case "resource_link":
            return f"[resource {block.uri}]"
        case "resource" if block.resource and block.resource.text is not None:
            return block.resource.text
        case "resource" if block.resource:
            return f"[resource {block.resource.uri}, binary, not shown]"
        case other:
            return f"[{other}, not shown]"
