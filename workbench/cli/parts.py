"""The parts of a workbench on this machine, and how each is doing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from workbench.core.counted import counted
from workbench.errors import ClusterError, ClusterUnreachable, Unauthorized, WorkbenchError

if TYPE_CHECKING:
    from workbench.investigations.workbench import Workbench
    from workbench.settings import Settings

ANSWERS_SECONDS = 90
STARTS_SECONDS = 10
"""How long a look waits for tool servers that are still starting."""


class Check(msgspec.Struct, frozen=True):
    """One part: ``state`` is ok, missing (works without) or broken; ``hint`` says what to do."""

    part: str
    state: str
    detail: str
    hint: str = ""

    @property
    def line(self) -> str:
        """It in one line; the hint only where something is wrong."""
        if self.state == "ok":
            return f"{self.part:<10}{self.detail}"
        return f"{self.part:<10}{self.state}: {self.detail.rstrip('.')}. {self.hint}".rstrip()


async def checked(
    part: str,
    look: Callable[[Settings], Awaitable[Check]],
    settings: Settings,
    seconds: float = ANSWERS_SECONDS,
) -> Check:
    """What the look finds; trouble is a check that is broken, and never an exception."""
    try:
        return await asyncio.wait_for(look(settings), timeout=seconds)
    except WorkbenchError as error:
        return Check(part, "broken", error.message, error.hint)
    except TimeoutError:
        return Check(part, "broken", f"no answer within {seconds:g} s", "Try again; see its log.")


async def holds(look: Callable[[Settings], Awaitable[Check]], settings: Settings) -> None:
    """Raises WorkbenchError where the look finds something broken."""
    found = await look(settings)
    if found.state == "broken":
        raise WorkbenchError(f"{found.detail.rstrip('.')}.", found.hint)


async def cluster(settings: Settings) -> Check:
    """Whether the cluster that would be looked at answers; a frozen one always does."""
    from workbench.clusters import live_cluster

    live = None if settings.snapshot else live_cluster(settings)
    if live is None:
        name = settings.snapshot or "demo"
        hint = "Set KUBECONFIG or give --context to look at a live one."
        return Check("cluster", "ok", f"frozen snapshot `{name}`", hint if name == "demo" else "")
    from workbench.kubernetes.client import open_client

    where = f"{live.name} ({live.kubeconfig or 'in-cluster credentials'})"
    try:
        client = await open_client(live.kubeconfig, live.context)
        try:
            await client.get("/version")
        finally:
            await client.close()
    except ClusterUnreachable as error:
        return Check("cluster", "broken", f"{where} does not answer", error.hint)
    except Unauthorized as error:
        return Check("cluster", "broken", error.message, error.hint)
    except ClusterError as error:
        return Check("cluster", "ok", f"{where} answers; of /version: {error.message}", error.hint)
    return Check("cluster", "ok", where)


async def model(settings: Settings) -> Check:
    """Which model is asked, and whether there is a key for it; nothing is sent to it."""
    from workbench.bootstrap import model_choice

    choice = model_choice(settings)
    choice.check_provider()
    for one in choice.each():
        one.check_key()
    name = choice.label
    if name == "analyst":
        hint = "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENAI_BASE_URL to use a model."
        return Check("model", "ok", "built-in analyst, needs no key", hint)
    return Check("model", "ok", name)


async def tool_servers(workbench: Workbench) -> Check:
    """Each tool server with its number of tools, or why they are missing."""
    from workbench.mcp.status import absence

    with suppress(TimeoutError):
        await asyncio.wait_for(workbench.tools.list(), STARTS_SECONDS)
    found = workbench.servers.status() if workbench.servers else ()
    told = {one.name: absence(one) or f"is up, {counted(one.tools, 'tool')}" for one in found}
    missing = any(map(absence, found))
    said = "; ".join(f"{name} {words.rstrip('.')}" for name, words in told.items())
    if missing:
        return Check("tools", "broken", said, "See: workbench mcp test.")
    return Check("tools", "ok", said)
