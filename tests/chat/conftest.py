"""Screens as a browser would hold them, over a real database and prepared tool answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from uuid_utils.compat import uuid7

from tests.support.postgres import database, open_folder, postgres_server, store
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.chat.screen import Screen
from workbench.chat.visitor import Desk, Shared, Visit, Visitor
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress
from workbench.core.tools import CallContext, ToolResult
from workbench.investigations.live import Live
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.runbooks.catalogue import find
from workbench.runbooks.runs import Runs
from workbench.store.database import Store

__all__ = ["database", "open_folder", "postgres_server", "store"]


S = TypeVar("S", bound=Screen)


class GatedTools(ScriptedTools):
    """Answers once ``open`` is set."""

    def __init__(self, cluster: dict[str, Any]) -> None:
        super().__init__(cluster)
        self.open = asyncio.Event()
        self.open.set()

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        await self.open.wait()
        return await super().call(name, arguments, context)


class Tab:
    """What one browser tab was sent: the newest of every region, and all of it in order."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    def html(self, region: str) -> str:
        """What the region was filled with last, and what was added since."""
        shown: list[str] = []
        for op in self.sent:
            if op.get("to") == region and op["op"] in ("put", "add"):
                shown = [*(shown if op["op"] == "add" else []), op["html"]]
        return "".join(shown)

    def told(self, op: str) -> list[dict[str, str]]:
        return [one for one in self.sent if one["op"] == op]

    def steps(self, label: str) -> list[str]:
        """The ids of the steps that were streamed for an investigation."""
        found = [op for op in self.told("add") if op["to"] == f"steps-{label}"]
        return [name for op in found for name in ids(op["html"])]


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "li" and (name := dict(attrs).get("id")):
            self.items.append(name)


def ids(html: str) -> list[str]:
    """The ids of list items, in order."""
    parser = _Ids()
    parser.feed(html)
    return parser.items


class House:
    """Everything the screens of one server share."""

    def __init__(self, store: Store, folder: Path, cluster: str = "missing-config") -> None:
        self.tools = GatedTools(load(cluster))
        self.workbench = Workbench(
            tools=governed(self.tools, store.record, cluster="test"),
            store=store,
            address=ClusterAddress(name="test"),
            model=ModelChoice(spec="analyst"),
            budget=Budget(),
            user="nobody",
            surface="test",
            clock=lambda: datetime.now(UTC),
            new_id=uuid7,
        )
        self.live = Live(store.investigations.steps)
        self.folder = folder
        self.runs = Runs(
            folder,
            store,
            lambda _: {},
            self.workbench.clock,
            self.workbench.cluster,
            lambda name: find(name, (folder,)),
        )
        self.shared = Shared(self.live, self.runs, (folder,))

    def visit(self, name: str, **role: bool) -> Visit:
        visitor = msgspec.convert({"name": name, "asks": True, **role}, Visitor)
        return Visit(visitor, Desk(self.workbench.acting_for(name, "chat")), self.shared)

    def opened(self, kind: Callable[..., S], name: str = "ann", **role: bool) -> tuple[S, Tab]:
        """A new tab of that screen."""
        tab = Tab()
        return kind(self.visit(name, **role), tab.sent.append), tab


@pytest.fixture
async def house(store: Store, tmp_path: Path) -> AsyncIterator[House]:
    made = House(store, tmp_path)
    yield made
    await made.runs.close()
    await made.live.close()


async def until(is_so: Callable[[], object]) -> None:
    """Until something holds; the test's own timeout ends a wait for what never comes."""
    while not is_so():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
