"""The FastMCP server of ``fast.py`` over ``streamable``, ``modern`` or ``sse``; prints its port.

``modern`` knows only the newest protocol version, which has no handshake. ``TOKEN``, when set, is
what it wants to see; with ``ISSUER`` it says where to get one.
"""

import os
import socket
import sys

import uvicorn
from fast import mcp
from starlette.responses import JSONResponse

KIND, TOKEN = sys.argv[1], os.environ.get("TOKEN", "")
listening = socket.create_server(("127.0.0.1", 0))
HERE = f"http://127.0.0.1:{listening.getsockname()[1]}"
GRANTED = []


async def body_of(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def refusing_handshake(app):
    async def modern(scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "POST":
            return await app(scope, receive, send)
        body = await body_of(receive)
        if b'"initialize"' in body:
            error = {"code": -32601, "message": "Method not found"}
            answer = {"jsonrpc": "2.0", "id": 0, "error": error}
            return await JSONResponse(answer, 404)(scope, receive, send)

        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def again():
            return unread.pop() if unread else await receive()

        return await app(scope, again, send)

    return modern


def wanting_token(app):
    """Bearer tokens; those of the client credentials grant are given out here too."""

    async def door(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        path = scope["path"]
        headers = dict(scope["headers"])
        answer = None
        if path.startswith("/.well-known/oauth-protected-resource"):
            answer = JSONResponse({"resource": HERE, "authorization_servers": [HERE]})
        elif path.startswith("/.well-known/oauth-authorization-server"):
            answer = JSONResponse({
                "issuer": HERE, "token_endpoint": f"{HERE}/token",
                "authorization_endpoint": f"{HERE}/authorize",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": ["code"],
            })  # fmt: skip
        elif path == "/token":
            given = await body_of(receive)
            right = b"grant_type=client_credentials" in given and b"authorization" in headers
            token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
            answer = JSONResponse(token) if right else JSONResponse({"error": "invalid"}, 400)
        elif headers.get(b"authorization", b"").decode() != f"Bearer {TOKEN}":
            where = f'Bearer resource_metadata="{HERE}/.well-known/oauth-protected-resource"'
            answer = JSONResponse({}, 401, {"www-authenticate": where})
        return await (answer or app)(scope, receive, send)

    return door


made = mcp.http_app(transport="sse" if KIND == "sse" else "http")
app = refusing_handshake(made) if KIND == "modern" else made
if TOKEN:
    app = wanting_token(app)
print(listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on")).run([listening])
