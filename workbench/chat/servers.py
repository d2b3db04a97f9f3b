"""Tool servers as cards: how each is doing, what it offers, and what changed and waits."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from workbench.chat.elements import button, facts, field, node, region
from workbench.chat.screen import Said, word
from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.render.card import duration
from workbench.core.render.html import NOTHING, Html
from workbench.core.tools import McpServer
from workbench.errors import UsageError
from workbench.investigations.servers import KnownServer, ServerTool
from workbench.mcp.breaker import Circuit
from workbench.mcp.connection import State
from workbench.mcp.registry import transport_of

TONES = {
    State.UP: "complete",
    State.STARTING: "running",
    State.DOWN: "failed",
    State.IDLE: "cancelled",
    State.DISABLED: "cancelled",
}
DESCRIBED = 600
"""Characters of a tool's description in a list."""


def card(server: KnownServer, manages: bool) -> Html:
    """One server. ``manages``: this person may switch it and accept its tools."""
    count = counted(server.tools, "tool")
    tools = node(
        "details",
        node("summary", count, _waiting(server.changed)),
        region(f"tools-{server.name}", node("span", "Opening …", class_="dim")),
        data_do="tools",
        data_server=server.name,
        class_="fold",
    )
    took = "" if server.last_call_ms is None else duration(server.last_call_ms)
    return node(
        "section",
        node(
            "header",
            node("b", server.name),
            node("span", server.state.value, class_=f"state is-{TONES[server.state]}"),
            node("span", server.transport.value, class_="dim"),
            node("span", "" if server.id else "from the settings", class_="dim"),
        ),
        node("p", one_line(server.description, DESCRIBED)) if server.description else NOTHING,
        facts(
            (
                ("Reached by", " ".join((server.command, *server.args)).strip() or server.url),
                ("Headers", ", ".join(server.headers)),
                ("Variables", ", ".join(server.env)),
                ("Is", one_line(server.implementation, 200)),
                ("Last call", took),
                ("Breaker", _breaker(server)),
                ("Last error", one_line(server.last_error, 1_000)),
            )
        ),
        tools,
        _switches(server) if manages else NOTHING,
        class_=f"server is-edge-{TONES[server.state]}",
        id=f"server-{server.name}",
    )


def tools(server: str, offered: Iterable[ServerTool], manages: bool) -> Html:
    """What a server offers, those that wait for a person first."""
    found = sorted(offered, key=lambda tool: (tool.usable, tool.name))
    if not found:
        return node("p", "It has not been asked yet, or offers nothing.", class_="dim")
    return node("ul", *(_tool(server, tool, manages) for tool in found), class_="offered")


def form(commands: bool) -> Html:
    """Where another one is registered."""
    what = "Address, or a command that speaks MCP" if commands else "Address"
    hint = "https://tickets.example/mcp"
    fields = (
        field("name", "Name", maxlength="32", required="required", placeholder="tickets"),
        field("target", what, maxlength="4096", required="required", placeholder=hint),
        field("header", "Header", maxlength="2000", placeholder="Authorization: Bearer ${TOKEN}"),
        field("description", "What it is for", maxlength="2000"),
    )
    add = node("button", "Add", type="submit", class_="main-button")
    about = "Secrets are named and not written: ${TOKEN} is read from this server's environment."
    return node(
        "details",
        node("summary", "Add a tool server"),
        node("form", *(node("div", f) for f in fields), add, class_="form", data_do="add"),
        node("p", about, class_="dim"),
        class_="fold",
    )


def given(said: Said, commands: bool) -> McpServer:
    """The server that was filled in. Raises UsageError for what cannot be one."""
    target = word(said, "target", 4_096).strip()
    url = target if "://" in target else ""
    if not url and not commands:
        raise UsageError("That is no address.", "Programs are registered on the machine.")
    try:
        command, *args = [""] if url else shlex.split(target)
    except ValueError as error:
        raise UsageError(f"The command cannot be read: {error}.", "Close its quotes.") from error
    name, _, value = word(said, "header", 2_000).partition(":")
    return McpServer(
        name=word(said, "name", 32).strip(),
        transport=transport_of(url),
        description=word(said, "description", 2_000).strip(),
        command=command,
        args=tuple(args),
        url=url,
        headers={name.strip(): value.strip()} if name.strip() else {},
    )


def _waiting(changed: tuple[str, ...]) -> Html:
    if not changed:
        return NOTHING
    return node("span", f" · {len(changed)} changed and wait to be accepted", class_="is-awaiting")


def _breaker(server: KnownServer) -> str:
    if server.circuit is Circuit.CLOSED:
        return "closed"
    left = f", left alone for {server.reopens_in:.0f} s" if server.reopens_in else ""
    return f"{server.circuit.value}{left}"


def _switches(server: KnownServer) -> Html:
    if not server.enabled:
        shown = {"enable": "Enable"}
    elif server.state is State.UP:
        shown = {"reconnect": "Reconnect", "disconnect": "Disconnect", "disable": "Disable"}
    else:
        shown = {"connect": "Connect", "disable": "Disable"}
    made = [
        button(words, do="switch", data_to=to, data_server=server.name)
        for to, words in shown.items()
    ]
    if server.id:
        made.append(
            button("Remove", do="remove", data_server=server.name, data_sure="Really remove")
        )
    return node("div", *made, class_="tools")


def _tool(server: str, tool: ServerTool, manages: bool) -> Html:
    standing = "usable" if tool.usable else "waits to be accepted"
    reads = "reads only" if tool.reads else "may change something"
    return node(
        "li",
        node("code", tool.called or tool.name),
        node("span", standing, class_="dim" if tool.usable else "is-awaiting"),
        node("span", reads, class_="dim") if tool.usable else NOTHING,
        node("p", one_line(tool.description, DESCRIBED)),
        *(_changed(server, tool, manages) if not tool.usable or tool.difference else ()),
    )


def _changed(server: str, tool: ServerTool, manages: bool) -> Iterator[Html]:
    if tool.difference:
        yield node("pre", tool.difference)
    if not manages:
        yield node("p", "An administrator decides.", class_="dim")
        return
    about = {"data_server": server, "data_tool": tool.name, "data_sha256": tool.sha256}
    yield node(
        "div",
        button("Accept as shown", do="accept", data_sure="Really accept", **about),
        button(
            "Accept, and it only reads", do="accept", data_reads="yes",
            data_sure="Really only reads", **about,
        ),
        class_="tools",
    )  # fmt: skip
