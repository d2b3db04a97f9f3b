"""The workbench's own tools as an MCP server, so that any MCP client can use them, guarded and
recorded like every other call. Importing this module imports the SDK."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import mcp_types as types
from mcp import MCPError
from mcp.server.lowlevel import Server

from workbench.core.arguments import wrong_arguments
from workbench.core.tools import ToolResult, ToolSpec
from workbench.errors import ToolFailed, WorkbenchError
from workbench.mcp.answers import EVIDENCE

NAME = "k8s-workbench"
INSTRUCTIONS = (
    "Tools that look into a Kubernetes cluster. Every call is recorded; its evidence label is in"
    " the result's _meta. `ask` investigates a question and answers with evidence."
)


class Offered(Protocol):
    """What is re-exported: tools by name. ``call`` raises a WorkbenchError when nothing came."""

    async def list(self) -> tuple[ToolSpec, ...]: ...

    async def call(self, name: str, arguments: dict[str, Any]) -> ToolResult: ...


class Asked(Protocol):
    """One tool more, which is no tool of the hub: it calls them."""

    @property
    def spec(self) -> ToolSpec: ...

    async def run(self, arguments: dict[str, Any]) -> ToolResult: ...


OfferedTo = Callable[[Any], Awaitable[Offered]]
"""The tools for whoever sent an HTTP request. Raises a WorkbenchError when there are none."""


def make_server(tools: Offered, ask: Asked | None = None) -> Server[Any]:
    """An MCP server over the tools, and ``ask`` beside them."""

    async def always(_: Any) -> Offered:
        return tools

    return make_gateway(always, ask)


def make_gateway(offered_to: OfferedTo, ask: Asked | None = None) -> Server[Any]:
    """An MCP server in which every request is answered with the tools of whoever sent it."""

    async def list_tools(
        context: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        try:
            specs = await (await offered_to(context.request)).list()
        except WorkbenchError as error:
            raise MCPError(types.INVALID_REQUEST, str(error)) from error
        if ask is not None:
            specs = (*specs, ask.spec)
        return types.ListToolsResult(tools=[_tool(spec) for spec in specs])

    async def call_tool(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        arguments = params.arguments or {}
        try:
            if ask is not None and params.name == ask.spec.name:
                _check(ask.spec, arguments)
                return _answer(await ask.run(arguments))
            tools = await offered_to(context.request)
            return _answer(await tools.call(params.name, arguments))
        except WorkbenchError as error:  # the client's model reads the same sentence
            return _answer(ToolResult(text=str(error), failed=True))

    return Server(NAME, instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool)


def _check(spec: ToolSpec, arguments: dict[str, Any]) -> None:
    problems = wrong_arguments(spec.input_schema, arguments)
    if problems:
        raise ToolFailed(f"{spec.name} was not run: {' '.join(problems[:5])}")


def _tool(spec: ToolSpec) -> types.Tool:
    return types.Tool(
        name=spec.name,
        description=spec.description,
        input_schema=spec.input_schema or {"type": "object", "properties": {}},
        annotations=types.ToolAnnotations(read_only_hint=spec.read_only),
    )


def _answer(result: ToolResult) -> types.CallToolResult:
    data = result.data
    structured = data if data is None or isinstance(data, dict) else {"result": data}
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=result.text)],
        structured_content=structured,
        is_error=result.failed,
        _meta={EVIDENCE: result.evidence} if result.evidence else None,
    )
