"""Tool text as the model sees it: data with a provenance, never part of the conversation.

A frame says which evidence, tool and cluster the text came from. Text inside cannot close the
frame, and characters that hide or reorder text are spelled out.
"""

from __future__ import annotations

import re
from typing import Any

from workbench.core.characters import visible

MODEL_CHARACTERS = 24_000  # about 6,000 tokens: one answer must not crowd out the others
_TAG = "tool_result"
_FRAME = re.compile(rf'<{_TAG} evidence="([^"]*)"[^>]*>\n(.*)\n</{_TAG}>', re.DOTALL)


def shortened(text: str, limit: int = MODEL_CHARACTERS) -> str:
    """At most about ``limit`` characters: the beginning, and twice as much of the end."""
    if len(text) <= limit:
        return text
    head, tail = limit // 3, limit - limit // 3
    left_out = len(text) - head - tail
    note = f"[… {left_out} characters left out here; ask for less to see them …]"
    return f"{text[:head]}\n{note}\n{text[-tail:]}"


def frame(
    text: str,
    *,
    evidence: str,
    tool: str,
    cluster: str = "",
    failed: bool = False,
    limit: int = MODEL_CHARACTERS,
) -> str:
    """The text as data: ``<tool_result evidence="E7" tool="kube_logs" cluster="prod">…``."""
    shown = visible(shortened(text, limit))
    body = re.sub(rf"<(/?\s*{_TAG})", r"&lt;\1", shown, flags=re.IGNORECASE)
    where = f' cluster="{_attribute(cluster)}"' if cluster else ""
    outcome = ' failed="true"' if failed else ""
    label = _attribute(evidence)
    return (
        f'<{_TAG} evidence="{label}" tool="{_attribute(tool)}"{where}{outcome}>\n{body}\n</{_TAG}>'
    )


def visible_value(value: Any) -> Any:
    """A JSON value with every hidden character in its strings spelled out."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, (list, tuple)):
        return [visible_value(item) for item in value]
    if isinstance(value, dict):
        return {visible(key): visible_value(item) for key, item in value.items()}
    return value


def _attribute(value: str) -> str:
    return re.sub(r'["<>\s]', "_", visible(value))


def read_frame(text: str) -> tuple[str, str]:
    """Evidence label and body of a framed text; ("", text) when it has no frame."""
    found = _FRAME.search(text)
    return (found.group(1), found.group(2)) if found else ("", text)
