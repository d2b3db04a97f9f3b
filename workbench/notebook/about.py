"""About the workbench itself: what is open, its tools, its model, an overview of the cluster, and
what was spent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.core.investigation import Asked, Concluded, Failed
from workbench.core.render.card import card
from workbench.notebook import frames, session
from workbench.notebook.defaults import ALL, chosen, current
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.engine import Engine
    from workbench.core.investigation import Investigation

TOOL_COLUMNS = {"name": "text", "server": "text", "reads_only": "bool", "what": "text"}
SERVER_COLUMNS = {"server": "text", "tools": "int", "reading": "int", "changing": "int"}
COST_COLUMNS = {
    "id": "text",
    "asked": "time",
    "state": "text",
    "model": "text",
    "calls": "int",
    "tokens": "int",
    "dollars": "float",
    "seconds": "float",
    "question": "text",
}
NEWEST = 50
"""Investigations that ``cost`` looks at."""


def status() -> Text:
    """What is open: cluster, database, model and how many tools; opens it when nothing is yet."""

    async def look(engine: Engine) -> str:
        tools = await engine.tools.list()
        frozen = " (frozen, nothing in it can be changed)" if engine.address.frozen else ""
        lines = {
            "cluster": f"{engine.cluster}{frozen}",
            "namespace": str(chosen("namespace")) or ALL,
            "incident": current.incident or "none",
            "database": engine.database,
            "model": str(chosen("model")) or engine.model_name,
            "tools": str(len(tools)),
        }
        return "\n".join(f"{name:<11}{value}" for name, value in lines.items())

    frames.ahead()  # opening takes longer than that, and tables come next
    return Text(session.bridge_to().run(look))


def tools() -> pd.DataFrame:
    """Every tool, whose it is and whether it only reads, as a DataFrame."""
    listed = session.bridge_to().run(lambda engine: engine.tools.list())
    rows = [
        [t.name, t.server, t.read_only, " ".join(t.description.split()).partition(". ")[0]]
        for t in listed
    ]
    return frames.frame(TOOL_COLUMNS, rows)


def servers() -> pd.DataFrame:
    """The tool servers that answer and how many tools each has, as a DataFrame."""
    listed = session.bridge_to().run(lambda engine: engine.tools.list())
    rows = []
    for server in dict.fromkeys(t.server for t in listed):
        own = [t for t in listed if t.server == server]
        reading = sum(t.read_only for t in own)
        rows.append([server, len(own), reading, len(own) - reading])
    return frames.frame(SERVER_COLUMNS, rows)


def model(name: str = "") -> Text:
    """Which model answers; named (``provider:model``, ``analyst``), it answers from now on.

    Raises UsageError for a provider that is not known.
    """
    if name:
        from workbench.agent.choice import ModelChoice

        ModelChoice(spec=name).check_provider()
        current.model = name
        return Text(f"{name} answers from now on.")

    async def named(engine: Engine) -> str:
        return engine.model_name

    return Text(f"{chosen('model') or session.bridge_to().run(named)} answers.")


def snapshot(*, context: str | None = None, snapshot: str | None = None) -> Text:
    """An overview of the cluster: its version, its nodes and how many objects of each kind."""
    seen = session.call("snapshot", {}, context, snapshot)
    return Text.of(seen.text, seen.evidence)


def cost() -> pd.DataFrame:
    """What the newest investigations spent, newest first, as a DataFrame."""
    recent = session.bridge_to().run(lambda engine: engine.recent(NEWEST))
    return frames.frame(COST_COLUMNS, [_spent(i) for i in recent if _ended(i)])


def _ended(found: Investigation) -> bool:
    return any(isinstance(step, Concluded | Failed) for step in found.steps)


def _spent(found: Investigation) -> list[Any]:
    asked = next((s for s in found.steps if isinstance(s, Asked)), None)
    ends = [s.usage for s in found.steps if isinstance(s, Concluded | Failed)]
    return [
        found.label,
        asked.at if asked else None,
        card(found, datetime.now(UTC)).state.value,
        asked.model if asked else "",
        sum(u.tool_calls for u in ends),
        sum(u.input_tokens + u.output_tokens for u in ends),
        sum(float(u.dollars or 0) for u in ends),
        round(sum(u.seconds for u in ends), 1),
        found.question,
    ]
