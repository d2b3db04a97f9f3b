"""Calls that go straight over the wire."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT, jsonrpc_message_adapter

from workbench.mcp.answers import Answer, to_result
from workbench.mcp.direct import FIRST_ID, Direct

HELLO = '{"content": [{"type": "text", "text": "hello"}]}'


class Peer:
    """The other end: keeps what is said to it, and says what it is told to."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.direct = Direct(lambda message: self.heard.append(json.loads(message)))

    async def asked(self, seconds: float = 9.0) -> asyncio.Task[Answer]:
        call = asyncio.create_task(self.direct.call("look", {"at": "pods"}, seconds))
        await asyncio.sleep(0)
        return call


@pytest.mark.parametrize(
    "line",
    [
        f'{{"jsonrpc": "2.0", "id": {FIRST_ID}, "result": {HELLO}}}',
        f'{{"result": {HELLO}, "jsonrpc": "2.0", "id": {FIRST_ID}}}',
        f'{{"id":{FIRST_ID},"x":[{{"id":1}}],"result":{HELLO},"jsonrpc":"2.0"}}',
    ],
)
async def test_an_answer_finds_its_caller_wherever_its_id_stands(line: str) -> None:
    peer = Peer()
    call = await peer.asked()
    assert peer.direct.take(line.encode())
    assert to_result(await call).text == "hello"
    assert peer.heard == [
        {
            "jsonrpc": "2.0", "id": FIRST_ID, "method": "tools/call",
            "params": {"name": "look", "arguments": {"at": "pods"}},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        f'{{"jsonrpc": "2.0", "id": 7, "result": {HELLO}}}',
        f'{{"jsonrpc": "2.0", "id": {FIRST_ID}, "method": "ping"}}',
        f'{{"jsonrpc": "2.0", "id": "{FIRST_ID}", "result": {HELLO}}}',
        f'{{"jsonrpc": "2.0", "id": {FIRST_ID}}}',
        '{"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}',
        '{"jsonrpc": "2.0", "id": [1], "result": {}}',
        "[]",
        "{",
        "\x00",
    ],
)
async def test_what_answers_no_call_is_left_to_the_session(line: str) -> None:
    peer = Peer()
    call = await peer.asked()
    assert not peer.direct.take(line.encode())
    call.cancel()


async def test_an_answer_that_only_the_session_can_read_is_taken_from_it() -> None:
    peer = Peer()
    call = await peer.asked()
    line = (
        f'{{"jsonrpc": "2.0", "id": {FIRST_ID}, "result": {{"structuredContent": {{"a": NaN}}}}}}'
    )
    assert not peer.direct.take(line.encode())
    assert peer.direct.take_parsed(jsonrpc_message_adapter.validate_json(line))
    assert str((await call).structured_content) == "{'a': nan}"


async def test_an_error_is_the_error_of_its_call_alone() -> None:
    peer = Peer()
    first, second = await peer.asked(), await peer.asked()
    error = {"code": -32602, "message": "no such pod", "data": {"kind": "Pod"}}
    assert peer.direct.take(json.dumps({"id": FIRST_ID, "error": error}).encode())
    with pytest.raises(MCPError, match="no such pod"):
        await first
    assert not second.done()
    second.cancel()


@pytest.mark.parametrize("result", ['{"content": "hello"}', "[]", '{"content": [{"text": "x"}]}'])
async def test_an_answer_that_is_none_ends_its_call(result: str) -> None:
    peer = Peer()
    call = await peer.asked()
    assert peer.direct.take(f'{{"id": {FIRST_ID}, "result": {result}}}'.encode())
    with pytest.raises(msgspec.ValidationError):
        await call


async def test_the_peer_is_told_when_time_is_up_and_its_answer_comes_too_late() -> None:
    peer = Peer()
    call = await peer.asked(seconds=0)
    with pytest.raises(MCPError) as caught:
        await call
    assert caught.value.code == REQUEST_TIMEOUT
    assert [said["method"] for said in peer.heard] == ["tools/call", "notifications/cancelled"]
    assert peer.heard[1]["params"]["requestId"] == FIRST_ID
    assert not peer.direct.take(f'{{"id": {FIRST_ID}, "result": {HELLO}}}'.encode())


async def test_the_peer_is_told_when_its_caller_left() -> None:
    peer = Peer()
    call = await peer.asked()
    call.cancel()
    await asyncio.wait({call})
    assert call.cancelled()
    assert peer.heard[-1]["method"] == "notifications/cancelled"


async def test_a_closed_wire_ends_calls_and_takes_no_new_ones() -> None:
    peer = Peer()
    call = await peer.asked()
    peer.direct.close()
    for ended in (call, peer.direct.call("look", {}, 9.0)):
        with pytest.raises(MCPError) as caught:
            await ended
        assert caught.value.code == CONNECTION_CLOSED
    assert len(peer.heard) == 1


def test_blocks_of_every_kind_are_told() -> None:
    blocks = [
        {"type": "text", "text": "hello"},
        {"type": "image", "mimeType": "image/png", "data": "AAAA"},
        {"type": "resource_link", "uri": "file:///a", "name": "a"},
        {"type": "resource", "resource": {"uri": "file:///b", "text": "b"}},
        {"type": "resource", "resource": {"uri": "file:///c", "blob": "AAAA"}},
        {"type": "hologram"},
    ]
    assert to_result(msgspec.convert({"content": blocks, "isError": True}, Answer)).text == (
        "hello\n[image image/png, 3 bytes, not shown]\n[resource file:///a]\nb\n"
        "[resource file:///c, binary, not shown]\n[hologram, not shown]"
    )
