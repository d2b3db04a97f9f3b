"""One line for the screen about what a tool answered."""

from __future__ import annotations

from typing import Any

from workbench.agent.answers import Answer
from workbench.core.characters import visible
from workbench.core.counted import counted

_WIDTH = 120


def summary(answer: Answer) -> str:
    """``3 findings, 1 gap``, ``12 items``, ``40 lines``, or the only line there is."""
    counted = "" if answer.failed else _counted(answer.data)
    return counted or _text_line(answer.text, answer.failed)


def _counted(data: Any) -> str:
    if isinstance(data, list):
        return counted(len(data), "item")
    if not isinstance(data, dict):
        return ""
    found = {k: len(v) for k, v in data.items() if isinstance(v, list)}
    if "findings" in found:
        gaps = found.get("gaps", 0)
        return counted(found["findings"], "finding") + (f", {counted(gaps, 'gap')}" if gaps else "")
    nouns = {
        "rows": "row", "items": "item", "events": "event", "result": "item", "passages": "passage",
    }  # fmt: skip
    key = next((k for k in nouns if k in found), "")
    return counted(found[key], nouns[key]) if key else ""


def _text_line(text: str, failed: bool) -> str:
    lines = [line.strip() for line in visible(text).splitlines() if line.strip()]
    if not lines:
        return "failed, and said nothing" if failed else "empty"
    if len(lines) > 1 and not failed:
        return counted(len(lines), "line")
    return lines[0] if len(lines[0]) <= _WIDTH else lines[0][: _WIDTH - 1] + "…"
