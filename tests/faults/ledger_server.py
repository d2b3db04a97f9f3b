"""An MCP server over stdio whose only effect is a line in a file. It imports little, to start fast.

``append`` writes its entry; ``fault`` says what becomes of the answer: ``none``, ``die before`` the
effect, ``die after`` it, ``half`` an answer, ``silent`` for none at all. ``look`` says how often a
entry is in the file. ``LEDGER`` names the file.
"""

import json
import os
import sys
import time

LEDGER = os.environ["LEDGER"]
ENTRY = {"entry": {"type": "string"}}


def tool(name, read_only, properties):
    schema = {"type": "object", "properties": properties, "required": ["entry"]}
    hints = {"readOnlyHint": read_only}
    return {"name": name, "description": name, "inputSchema": schema, "annotations": hints}


TOOLS = [
    tool("append", False, ENTRY | {"fault": {}, "padding": {}}),
    tool("look", True, ENTRY),
]


def send(message):
    os.write(1, (json.dumps({"jsonrpc": "2.0", **message}) + "\n").encode())


def answer(id, text):
    send({"id": id, "result": {"content": [{"type": "text", "text": text}], "isError": False}})


def append(id, entry, fault="none", padding=""):
    if fault == "die before":
        os._exit(3)
    with open(LEDGER, "a") as file:
        file.write(f"{entry} {time.time():.6f}\n")
    if fault == "die after":
        os._exit(3)
    if fault == "half":
        os.write(1, f'{{"jsonrpc": "2.0", "id": {id}, "resu'.encode())
        os._exit(3)
    if fault != "silent":
        answer(id, "done")


def look(id, entry):
    with open(LEDGER, "a+") as file:
        file.seek(0)
        answer(id, str(sum(line.split()[0] == entry for line in file)))


def handle(message):
    method, id = message.get("method"), message.get("id")
    params = message.get("params") or {}
    if method == "initialize":
        info = {"name": "ledger", "version": "1"}
        told = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}}
        send({"id": id, "result": told | {"serverInfo": info}})
    elif method == "tools/list":
        send({"id": id, "result": {"tools": TOOLS}})
    elif method == "tools/call":
        {"append": append, "look": look}[params["name"]](id, **params["arguments"])
    elif id is not None and method:
        send({"id": id, "error": {"code": -32601, "message": "Method not found"}})


for line in sys.stdin:
    handle(json.loads(line))
