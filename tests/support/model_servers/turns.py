"""One turn of a script, and its parts."""

from __future__ import annotations

import json
from typing import Any


class Turn:
    """What the model does next. ``index`` numbers tool calls across the script."""

    def __init__(self, tree: dict[str, Any], index: int) -> None:
        self.say: str = tree.get("say", "")
        self.calls: list[tuple[str, str, str]] = [
            (f"call_{index}_{i}", c["tool"], c.get("raw") or json.dumps(c.get("arguments", {})))
            for i, c in enumerate(tree.get("calls", ()))
        ]
        self.status: int = tree.get("status", 200)
        self.headers: dict[str, str] = tree.get("headers", {})
        self.message: str = tree.get("message", "")
        self.error_type: str = tree.get("error_type", "api_error")
        self.breaks: bool = tree.get("breaks", False)
        self.hangs: bool = tree.get("hangs", False)
        self.slow: float = tree.get("slow", 0.0)  # seconds before the first piece
        self.thinks: str = tree.get("thinks", "")
        self.page: str = tree.get("page", "")  # answered as HTML, whatever was asked
        self.cut: bool = tree.get("cut", False)  # the connection ends before an answer begins
        self.refuses: bool = tree.get("refuses", False)
        usage = tree.get("usage", {})
        self.cached_tokens: int = usage.get("cached", 0)
        self.written_tokens: int = usage.get("written", 0)  # to the cache; Anthropic tells them
        self.input_tokens: int = usage.get("input", 100)
        self.output_tokens: int = usage.get("output", 20)

    def pieces(self, text: str, size: int = 7) -> list[str]:
        """The text in deltas."""
        return [text[i : i + size] for i in range(0, len(text), size)]


def sse(event: dict[str, Any], name: str = "") -> str:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(event)}\n\n"
