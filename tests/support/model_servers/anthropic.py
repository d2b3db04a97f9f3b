"""Anthropic Messages: one response, or the events of its stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.model_servers.turns import Turn, sse


def error(turn: Turn) -> dict[str, Any]:
    return {"type": "error", "error": {"type": turn.error_type, "message": turn.message}}


def whole(turn: Turn, model: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": turn.say}] if turn.say else []
    for call_id, tool, arguments in turn.calls:
        block = {"type": "tool_use", "id": call_id, "name": tool, "input": json.loads(arguments)}
        content.append(block)
    return {**_message(turn, model), "content": content, "stop_reason": _stop(turn)}


def stream(turn: Turn, model: str) -> Iterator[str]:
    yield sse({"type": "message_start", "message": _message(turn, model)}, "message_start")
    yield sse({"type": "ping"}, "ping")
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if turn.thinks:
        deltas = [{"type": "thinking_delta", "thinking": p} for p in turn.pieces(turn.thinks)]
        deltas.append({"type": "signature_delta", "signature": "c2lnbmVk"})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if turn.say:
        deltas = [{"type": "text_delta", "text": p} for p in turn.pieces(turn.say)]
        blocks.append(({"type": "text", "text": ""}, deltas))
    for call_id, tool, arguments in turn.calls:
        start = {"type": "tool_use", "id": call_id, "name": tool, "input": {}}
        parts = turn.pieces(arguments)
        blocks.append((start, [{"type": "input_json_delta", "partial_json": p} for p in parts]))
    for index, (start, deltas) in enumerate(blocks):
        yield _event("content_block_start", index=index, content_block=start)
        for delta in deltas:
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    delta: dict[str, Any] = {"stop_reason": _stop(turn), "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": turn.output_tokens})
    yield _event("message_stop")


def _event(kind: str, **fields: Any) -> str:
    return sse({"type": kind, **fields}, kind)


def _stop(turn: Turn) -> str:
    if turn.refuses:
        return "refusal"
    return "tool_use" if turn.calls else "end_turn"


def _message(turn: Turn, model: str) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            # without what was read from the cache and written to it
            "input_tokens": turn.input_tokens - turn.cached_tokens - turn.written_tokens,
            "cache_read_input_tokens": turn.cached_tokens,
            "cache_creation_input_tokens": turn.written_tokens,
            "output_tokens": turn.output_tokens,
        },
    }
