"""OpenAI Chat Completions: one response, or the chunks of its stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.model_servers.turns import Turn, sse


def error(turn: Turn) -> dict[str, Any]:
    return {"error": {"message": turn.message, "type": turn.error_type, "code": turn.error_type}}


def whole(turn: Turn, model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": turn.say or None, "tool_calls": _calls(turn) or None}
    choice = {"index": 0, "message": message, "finish_reason": _finish(turn)}
    return {
        "id": "chat_1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": _usage(turn),
    }


def stream(turn: Turn, model: str) -> Iterator[str]:
    base = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": model}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        return sse({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in turn.pieces(turn.thinks):
        yield chunk({"reasoning_content": piece})
    for piece in turn.pieces(turn.say):
        yield chunk({"content": piece})
    for index, call in enumerate(_calls(turn)):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield chunk({"tool_calls": [{**call, "index": index, "function": function}]})
        for piece in turn.pieces(call["function"]["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(turn))
    yield sse({**base, "choices": [], "usage": _usage(turn)})
    yield "data: [DONE]\n\n"


def _calls(turn: Turn) -> list[dict[str, Any]]:
    return [
        {"id": i, "type": "function", "function": {"name": tool, "arguments": arguments}}
        for i, tool, arguments in turn.calls
    ]


def _finish(turn: Turn) -> str:
    if turn.refuses:
        return "content_filter"
    return "tool_calls" if turn.calls else "stop"


def _usage(turn: Turn) -> dict[str, Any]:
    return {
        "prompt_tokens": turn.input_tokens,
        "completion_tokens": turn.output_tokens,
        "total_tokens": turn.input_tokens + turn.output_tokens,
        "prompt_tokens_details": {"cached_tokens": turn.cached_tokens},
    }
