"""Tool servers: register, look at, switch, and accept what changed. For administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.access import registers_commands
from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Admin, Caller, Viewer
from workbench.core.tools import McpServer, OAuthClient, Transport
from workbench.errors import AccessDenied, UsageError
from workbench.investigations.servers import KnownServer, ServerTool, ToolServers

router = APIRouter(prefix="/mcp-servers", tags=["mcp-servers"])

Which = Annotated[str, Path(min_length=1, max_length=40, description="Its name or UUID.")]
ToolName = Annotated[str, Path(min_length=1, max_length=200)]
EXAMPLE: dict[str, Any] = {
    "name": "tickets",
    "url": "https://tickets.example/mcp",
    "headers": {"Authorization": "Bearer ${TICKETS_TOKEN}"},
}
TRANSPORTS = {"http": Transport.STREAMABLE_HTTP, **{t.value: t for t in Transport}}


class OAuth(BaseModel):
    """The client credentials grant; the secret is named, ``${CLIENT_SECRET}``."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(max_length=500)
    client_secret: str = Field(max_length=500, pattern=r"\$\{")
    issuer: str = Field(max_length=2_000)
    scope: str = Field("", max_length=2_000)


class NewServer(BaseModel):
    """How to reach a server: a url, or a command that speaks MCP over stdio. Secrets are named and
    not written: ``${TOKEN}`` is read from the server's environment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: str = Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$")
    transport: Transport | None = Field(None, description="Told by the address where not given.")
    description: str = Field("", max_length=2_000)
    command: str = Field("", max_length=4_096)
    args: list[str] = Field([], max_length=100)
    env: dict[str, str] = Field({}, max_length=100)
    url: str = Field("", max_length=4_096)
    headers: dict[str, str] = Field({}, max_length=100)
    oauth: OAuth | None = None
    prefix: str | None = Field(None, max_length=32, pattern=r"^[a-zA-Z0-9_-]*$")
    start_seconds: float = Field(60.0, gt=0, le=600)
    call_seconds: float = Field(60.0, gt=0, le=3_600)

    def server(self) -> McpServer:
        websocket = self.url.startswith(("ws://", "wss://"))
        likely = Transport.WEBSOCKET if websocket else Transport.STREAMABLE_HTTP
        return McpServer(
            name=self.name,
            transport=self.transport or (likely if self.url else Transport.STDIO),
            description=self.description,
            command=self.command,
            args=tuple(self.args),
            env=self.env,
            url=self.url,
            headers=self.headers,
            oauth=OAuthClient(**self.oauth.model_dump()) if self.oauth else None,
            prefix=self.prefix,
            start_seconds=self.start_seconds,
            call_seconds=self.call_seconds,
        )


class Accepted(BaseModel):
    """What was seen and is accepted: ``sha256`` of the definition that was shown."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"sha256": "0" * 64, "reads": True}]}
    )

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    reads: bool = Field(False, description="Also say that it only reads; it may then be called.")


@router.get("", **answers(KnownServer, many=True))
async def listed(caller: Viewer) -> Json:
    """Every tool server and how it is doing."""
    return Json(Page(items=await _servers(caller).list()))


@router.post("", **answers(KnownServer, 201))
async def registered(server: NewServer, caller: Admin, request: Request) -> Json:
    """Register one. It is started when it is needed."""
    settings = request.app.state.settings
    new = server.server()
    if new.command and not registers_commands(settings):
        raise AccessDenied(
            "Programs are not registered over the API here.",
            "Register it on the machine, `workbench mcp add`, or set register_commands.",
        )
    made = await _servers(caller).register(caller.workbench.new_id(), new)
    return Json(made, status_code=201)


@router.get("/{id}", **answers(KnownServer))
async def opened(id: Which, caller: Viewer) -> Json:
    """One server."""
    return Json(await _servers(caller).get(id))


@router.delete("/{id}", status_code=204, response_class=Response)
async def removed(id: Which, caller: Admin) -> None:
    """Stop it, and forget it and the definitions accepted of it."""
    await _servers(caller).remove(id)


@router.get("/{id}/tools", **answers(ServerTool, many=True))
async def tools(id: Which, caller: Viewer) -> Json:
    """What it offers; tools that changed show the difference and wait to be accepted."""
    return Json(Page(items=await _servers(caller).tools(id)))


@router.post("/{id}/tools/{tool}/accept", **answers(ServerTool, many=True))
async def accepted(id: Which, tool: ToolName, seen: Accepted, caller: Admin) -> Json:
    """Accept a tool as it was shown; all of its server's tools then."""
    servers = _servers(caller)
    by = caller.principal.name
    await servers.accept(id, tool, sha256=seen.sha256, by=by, reads=seen.reads)
    return Json(Page(items=await servers.tools(id)))


@router.post("/{id}/connect", **answers(KnownServer))
async def connected(id: Which, caller: Admin) -> Json:
    """Start it and read its tools."""
    return Json(await _servers(caller).connect(id))


@router.post("/{id}/disconnect", **answers(KnownServer))
async def disconnected(id: Which, caller: Admin) -> Json:
    """Stop it; it starts again when it is needed."""
    return Json(await _servers(caller).disconnect(id))


@router.post("/{id}/reconnect", **answers(KnownServer))
async def reconnected(id: Which, caller: Admin) -> Json:
    """Stop it and start it again."""
    return Json(await _servers(caller).reconnect(id))


@router.post("/{id}/enable", **answers(KnownServer))
async def enabled(id: Which, caller: Admin) -> Json:
    """Use it again."""
    return Json(await _servers(caller).enable(id))


@router.post("/{id}/disable", **answers(KnownServer))
async def disabled(id: Which, caller: Admin) -> Json:
    """Stop it and offer none of its tools. One from the settings: until this process ends."""
    return Json(await _servers(caller).disable(id))


def _servers(caller: Caller) -> ToolServers:
    if caller.workbench.servers is None:
        raise UsageError("This workbench manages no tool servers.", "Use `workbench up`.")
    return caller.workbench.servers
