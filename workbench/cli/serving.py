"""``workbench mcp serve``: one open workbench behind an MCP server."""

from __future__ import annotations

import os
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click
import msgspec

from workbench.core.cluster import Scope
from workbench.core.duration import parse_duration
from workbench.core.investigation import Investigation
from workbench.core.render import text
from workbench.core.render.card import card
from workbench.core.tools import ToolResult, ToolSpec
from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.investigations.workbench import Workbench

TOKEN_VARIABLE = "WORKBENCH_MCP_TOKEN"  # noqa: S105 - the name of a variable
ASK = ToolSpec(
    name="ask",
    server="workbench",
    remote_name="ask",
    description=(
        "Investigate a question about the cluster, like 'why is checkout failing?'. Looks at the"
        " evidence, takes up to minutes, and answers with the cause, the evidence and the next"
        " steps."
    ),
    input_schema={
        "type": "object",
        "properties": {
            "question": {"type": "string"},
            "namespaces": {"type": "array", "items": {"type": "string"}},
            "since": {"type": "string", "description": "Only the last 30m, 2h, 1d."},
        },
        "required": ["question"],
        "additionalProperties": False,
    },
    read_only=True,
)


class Exported:
    """The tools of an open workbench, recorded under its session."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    async def list(self) -> tuple[ToolSpec, ...]:
        return await self._workbench.tools.list()

    async def call(self, name: str, arguments: dict[str, Any]) -> ToolResult:
        return await self._workbench.call(name, arguments)


class Ask:
    """A whole investigation as one tool."""

    spec = ASK

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """The answer as text, and the conclusion as data. Raises UsageError, StoreUnavailable."""
        since = arguments.get("since")
        scope = Scope(
            namespaces=tuple(arguments.get("namespaces", ())),
            since=parse_duration(since) if since else 0,
        )
        newest: Investigation | None = None
        async with aclosing(self._workbench.ask(str(arguments["question"]), scope)) as steps:
            async for so_far, _ in steps:
                newest = so_far
        if newest is None:
            raise ModelError("The investigation gave no steps.", "Try again.")
        shown = card(newest, self._workbench.clock())
        data = {"investigation": newest.label, "conclusion": msgspec.to_builtins(newest.conclusion)}
        return ToolResult(text=f"{newest.label}\n{text.answer(shown)}", data=data)


async def serve(http: bool, port: int, context: str, snapshot: str) -> None:
    """Until the client leaves, or with ``http`` until this process is stopped."""
    from workbench.bootstrap import open_workbench
    from workbench.mcp.listen import serve_http, serve_stdio
    from workbench.mcp.reexport import make_server
    from workbench.settings import load_settings

    settings = load_settings(context=context or None, snapshot=snapshot or None)
    async with open_workbench(settings, surface="mcp") as workbench:
        server = make_server(Exported(workbench), Ask(workbench))
        if not http:
            await serve_stdio(server)
        else:
            await serve_http(
                server,
                token=os.environ.get(TOKEN_VARIABLE) or _fresh_token(),
                port=port,
                websocket=settings.mcp_websocket,
                on_ready=lambda address: click.echo(address),
            )


def _fresh_token() -> str:
    token = secrets.token_urlsafe(32)
    click.echo(f"Authorization: Bearer {token}", err=True)
    return token
