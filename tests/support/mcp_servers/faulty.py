"""An MCP server with faults on demand, over any transport: ``faulty.py TRANSPORT``.

Over ``stdio`` it is an ordinary child. Over ``http`` (answers as event streams), ``json`` (answers
as JSON), ``sse`` and ``websocket`` it prints its port and serves in a child that is started again
whenever it dies, as a supervisor would. ``LEDGER`` names the file that gets a line per effect.
"""

import asyncio
import json
import os
import signal
import socket
import sys

LEDGER = os.environ.get("LEDGER", os.devnull)
FAULTS = (
    "hang", "drip", "garbage", "half", "wrong_id", "duplicate_id", "huge",
    "crash_before", "crash_during", "crash_after",
)  # fmt: skip
DESCRIPTION = os.environ.get("DESCRIPTION", "Tool {name}.")


def tool(name, **properties):
    schema = {"type": "object", "properties": properties}
    description = DESCRIPTION.format(name=name)
    return {"name": name, "description": description, "inputSchema": schema}


TOOLS = [
    tool("echo", text={"type": "string"}), tool("pid"), tool("late", seconds={"type": "number"}),
    tool("huge", mib={"type": "integer"}), *(tool(fault) for fault in FAULTS if fault != "huge"),
]  # fmt: skip


def effect(name):
    with open(LEDGER, "a") as file:
        file.write(name + "\n")


def answer(id, text):
    result = {"content": [{"type": "text", "text": text}], "isError": False}
    return json.dumps({"jsonrpc": "2.0", "id": id, "result": result}).encode()


class Reply:
    """The way back of one message: ``send`` a whole one, or ``raw`` bytes of ``framed`` ones."""

    def __init__(self, writer, frame=lambda body: body + b"\n"):
        self.writer = writer
        self.framed = frame

    async def send(self, body):
        await self.raw(self.framed(body))

    async def raw(self, data):
        self.writer.write(data)
        if hasattr(self.writer, "drain"):
            await self.writer.drain()

    def broken_off(self):
        """Nothing more will come; over one pipe or socket for all, that takes the server along."""
        os._exit(0)

    async def huge(self, id, mib):
        whole = self.framed(answer(id, "@"))
        head, _, tail = whole.partition(b"@")
        await self.raw(head)
        for _ in range(mib):
            await self.raw((b"x" * 62 + rb"\n") * 2**14)  # 1 MiB of lines, as logs have them
        await self.raw(tail)


async def call(reply, id, name, arguments):
    if name == "crash_before":
        os._exit(3)
    effect(name)
    body = answer(id, f"ran {name}")
    half = reply.framed(body)[: len(body) // 2]
    if name == "echo":
        await reply.send(answer(id, arguments["text"]))
    elif name == "pid":
        await reply.send(answer(id, str(os.getpid())))
    elif name == "late":
        await asyncio.sleep(arguments["seconds"])
        await reply.send(answer(id, "late"))
    elif name == "hang":
        await asyncio.sleep(3600)
    elif name == "drip":
        for byte in half * 1000:
            await reply.raw(bytes((byte,)))
            await asyncio.sleep(0.05)
    elif name == "garbage":
        for noise in (b"Traceback: not JSON", b'{"jsonrpc": ', b"[1, 2]", b'"\xc3\xbc"'):
            await reply.send(noise)
        await asyncio.sleep(3600)
    elif name == "half":
        await reply.raw(half)
        reply.broken_off()
    elif name == "wrong_id":
        await reply.send(answer(id + 1000, "for somebody else"))
        await asyncio.sleep(3600)
    elif name == "duplicate_id":
        await reply.send(body)
        await reply.send(answer(id, "a second answer"))
    elif name == "huge":
        await reply.huge(id, arguments.get("mib", 3))
    elif name == "crash_during":
        await reply.raw(half)
        os._exit(3)
    elif name == "crash_after":
        await reply.send(body)
        await asyncio.sleep(0.2)
        os._exit(3)


async def handle(reply, message):
    method, id = message.get("method"), message.get("id")
    if method == "initialize":
        version = message["params"]["protocolVersion"]
        result = {
            "protocolVersion": version,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "faulty", "version": "1"},
        }
    elif method == "tools/list":
        result = {"tools": TOOLS}
    elif method == "ping":
        result = {}
    elif method == "tools/call":
        return await call(
            reply, id, message["params"]["name"], message["params"].get("arguments") or {}
        )
    else:
        if method == "notifications/cancelled":
            effect(f"cancelled {message['params']['requestId']}")
        return None
    return await reply.send(json.dumps({"jsonrpc": "2.0", "id": id, "result": result}).encode())


# stdio ------------------------------------------------------------------------------------------


async def stdio():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    running = set()
    while line := await reader.readline():
        task = asyncio.create_task(handle(Reply(Standard()), json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


class Standard:
    def write(self, data):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


# HTTP -------------------------------------------------------------------------------------------


class Exchange(Reply):
    """The answer to one POST; ``broken_off`` closes only its connection."""

    def __init__(self, writer, kind):
        as_event = lambda body: b"event: message\ndata: " + body + b"\n\n"  # noqa: E731
        super().__init__(writer, as_event if kind == "http" else lambda body: body)
        self.kind = kind
        self.begun = False

    async def raw(self, data):
        if not self.begun:
            self.begun = True
            media = "text/event-stream" if self.kind == "http" else "application/json"
            head = f"HTTP/1.1 200 OK\r\ncontent-type: {media}\r\nmcp-session-id: {os.getpid()}\r\n"
            self.writer.write(f"{head}connection: close\r\n\r\n".encode())
        await super().raw(data)

    def broken_off(self):
        self.writer.close()


async def read_request(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return first.split()[0], headers, body


def refuse(writer, status):
    writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
    writer.close()


async def http(reader, writer, kind):
    method, headers, body = await read_request(reader)
    session = headers.get("mcp-session-id", "")
    if session and session != str(os.getpid()):
        return refuse(writer, "404 Not Found")
    if method != "POST":
        return refuse(writer, "405 Method Not Allowed")
    message = json.loads(body)
    if "id" not in message:
        await handle(Reply(writer), message)
        return refuse(writer, "202 Accepted")
    await handle(Exchange(writer, kind), message)
    return writer.close()


class Sse:
    """The one client's stream, and the messages posted to it."""

    def __init__(self):
        self.running = set()
        self.streams = {}

    async def serve(self, reader, writer):
        method, _, body = await read_request(reader)
        if method == "GET":
            key = str(os.getpid())
            self.streams[key] = writer
            head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
            writer.write(f"{head}event: endpoint\ndata: /post?{key}\n\n".encode())
            return
        if str(os.getpid()) not in self.streams:
            refuse(writer, "404 Not Found")
            return
        refuse(writer, "202 Accepted")
        stream = self.streams[str(os.getpid())]
        reply = Reply(stream, lambda body: b"event: message\ndata: " + body + b"\n\n")
        task = asyncio.create_task(handle(reply, json.loads(body)))
        self.running.add(task)
        task.add_done_callback(self.running.discard)


# WebSocket --------------------------------------------------------------------------------------


class Socket(Reply):
    def __init__(self, ws):
        from websockets.frames import Frame, Opcode

        frame = lambda body: Frame(Opcode.TEXT, body).serialize(mask=False)  # noqa: E731
        super().__init__(ws.transport, frame)

    async def huge(self, id, mib):
        await self.raw(self.framed(answer(id, "x" * (mib * 2**20))))


async def websocket(ws):
    running = set()
    async for body in ws:
        task = asyncio.create_task(handle(Socket(ws), json.loads(body)))
        running.add(task)
        task.add_done_callback(running.discard)


async def serve(listening, kind):
    if kind == "websocket":
        from websockets.asyncio.server import serve as serve_websocket

        async with serve_websocket(websocket, sock=listening, subprotocols=["mcp"]) as server:
            await server.serve_forever()
    handler = Sse().serve if kind == "sse" else lambda r, w: http(r, w, kind)
    server = await asyncio.start_server(handler, sock=listening, limit=2**24)
    await server.serve_forever()


def supervise(kind):
    listening = socket.create_server(("127.0.0.1", 0), backlog=100)
    print(listening.getsockname()[1], flush=True)
    while True:
        child = os.fork()
        if child == 0:
            asyncio.run(serve(listening, kind))
        os.waitpid(child, 0)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    if sys.argv[1] == "stdio":
        asyncio.run(stdio())
    else:
        supervise(sys.argv[1])
