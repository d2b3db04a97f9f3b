"""``%k8s`` and what comes after it: one function a subcommand, listed in ``forms.SUBCOMMANDS``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.investigation import Asked, Concluded, Failed
from workbench.errors import UsageError
from workbench.notebook import (
    bridge,
    changes,
    choosing,
    forms,
    frames,
    incident,
    incidents,
    knowledge,
    session,
)
from workbench.notebook.defaults import ALL, chosen, current
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.engine import Engine
    from workbench.core.investigation import Investigation

T = TypeVar("T")

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


def run(name: str, given: Namespace, said: str) -> Any:
    """What the subcommand returns. ``said``: its words and the cell's body.

    Raises UsageError for one that does not exist.
    """
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(COMMANDS)}."
        raise UsageError(f"%k8s does not know {name!r}.", hint)
    return COMMANDS[name](given, said)


def status(given: Namespace | None = None, said: str = "") -> Text:
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
    return Text(_bridge().run(look))


def _use(given: Namespace, said: str) -> Any:
    words = given.words
    if len(words) > 1:
        raise UsageError("%k8s use takes one context.", f"Usage: {_usage('use')}")
    context = words[0] if words else given.context
    where = {"namespace": given.namespace, "since": given.since, "snapshot": given.snapshot}
    if context or any(value is not None for value in where.values()):
        with choosing.unless_it_fails():
            choosing.use(context or "", **where)
            return status()
    return _clicked(given, "use", "picker", choosing.choices())


def _tools(given: Namespace, said: str) -> pd.DataFrame:
    listed = _bridge().run(lambda engine: engine.tools.list())
    rows = [
        [t.name, t.server, t.read_only, " ".join(t.description.split()).partition(". ")[0]]
        for t in listed
    ]
    return frames.frame(TOOL_COLUMNS, rows)


def _mcp(given: Namespace, said: str) -> pd.DataFrame:
    listed = _bridge().run(lambda engine: engine.tools.list())
    rows = []
    for server in dict.fromkeys(t.server for t in listed):
        own = [t for t in listed if t.server == server]
        reading = sum(t.read_only for t in own)
        rows.append([server, len(own), reading, len(own) - reading])
    return frames.frame(SERVER_COLUMNS, rows)


def _incident(given: Namespace, said: str) -> Any:
    words = given.words
    if not words or (len(words) == 1 and _names_investigation(words[0])):
        return incident.incident(*words)
    return incidents.told(given)


def _names_investigation(word: str) -> bool:
    """Whether it is ``INV-3`` or a UUID, rather than a verb or ``INC-1``."""
    return any(c.isdigit() for c in word) and not word.upper().startswith("INC-")


def _changes(given: Namespace, said: str) -> Any:
    if given.words:
        return changes.change(_only(given, "changes"), context=given.context)
    return changes.changes(context=given.context)


def _sweep(given: Namespace, said: str) -> Any:
    from workbench.notebook import sweeps

    return sweeps.told(given)


def _approve(given: Namespace, said: str) -> Text:
    which, digest = _only(given, "approve"), given.digest
    return changes.approve(which, digest=digest, wait=given.wait, context=given.context)


def _deny(given: Namespace, said: str) -> Text:
    return changes.deny(_only(given, "deny"), context=given.context)


def _knowledge(given: Namespace, said: str) -> Any:
    match given.words:
        case ["search", _, *_]:
            words = said.removeprefix("search").strip()
            return knowledge.search(words, type=given.type, namespace=given.namespace)
        case ["ingest", _, *_] as words:
            return knowledge.ingest(*words[1:], shared=given.shared)
    raise UsageError("%k8s knowledge needs a verb.", f"Usage: {_usage('knowledge')}")


def _only(given: Namespace, name: str) -> str:
    """The one word that the subcommand takes."""
    if len(given.words) != 1:
        raise UsageError(f"%k8s {name} takes one change.", f"Usage: {_usage(name)}")
    return str(given.words[0])


def _fork(given: Namespace, said: str) -> Any:
    from workbench.notebook import asking, forking

    if not given.words:
        raise UsageError("%k8s fork needs an investigation.", f"Usage: {_usage('fork')}")
    which = given.words[0]
    where = {"context": given.context, "snapshot": given.snapshot}
    wanted = asking.Wanted(model=given.model, agent=given.agent, **where)
    return forking.forked(which, said.removeprefix(which).strip(), given.after, wanted)


def _evidence(given: Namespace, said: str) -> Any:
    if not 1 <= len(given.words) <= 2:
        raise UsageError("%k8s evidence needs a label.", f"Usage: {_usage('evidence')}")
    return session.evidence(*given.words, live=given.live)


def _note(given: Namespace, said: str) -> Any:
    if not said:
        raise UsageError("There is nothing to note.", f"Usage: {_usage('note')}")
    return incident.note(said, evidence=given.evidence)


def _hypothesis(given: Namespace, said: str) -> Any:
    match given.words:
        case [] if not said:
            return _clicked(given, "hypothesis", "board", incident.board())
        case ["confirmed" | "refuted" as standing, label]:
            return incident.hypothesis(label, standing, evidence=given.evidence)
    return incident.hypothesis(said, evidence=given.evidence)


def _clicked(given: Namespace, name: str, control: str, value: T) -> T | None:
    """The value of that subcommand, or None when controls were drawn instead."""
    from workbench.notebook import controls

    if given.output or not controls.wanted(name):
        return value
    getattr(controls, control)(value)
    return None


def cost(given: Namespace | None = None, said: str = "") -> pd.DataFrame:
    """What the newest investigations spent, newest first."""
    recent = _bridge().run(lambda engine: engine.recent(NEWEST))
    return frames.frame(COST_COLUMNS, [_spent(i) for i in recent if _ended(i)])


def _ended(found: Investigation) -> bool:
    return any(isinstance(step, Concluded | Failed) for step in found.steps)


def _spent(found: Investigation) -> list[Any]:
    asked = next((s for s in found.steps if isinstance(s, Asked)), None)
    ends = [s.usage for s in found.steps if isinstance(s, Concluded | Failed)]
    return [
        found.label,
        asked.at if asked else None,
        found.status.value,
        asked.model if asked else "",
        sum(u.tool_calls for u in ends),
        sum(u.input_tokens + u.output_tokens for u in ends),
        sum(float(u.dollars or 0) for u in ends),
        round(sum(u.seconds for u in ends), 1),
        found.question,
    ]


def _snapshot(given: Namespace, said: str) -> Text:
    seen = session.call("snapshot", {})
    return Text.of(seen.text, seen.evidence)


def _report(given: Namespace, said: str) -> Any:
    if not 1 <= len(given.words) <= 2:
        raise UsageError("%k8s report needs an investigation.", f"Usage: {_usage('report')}")
    return session.report(*given.words)


def _model(given: Namespace, said: str) -> Text:
    if given.words:
        from workbench.agent.choice import ModelChoice

        ModelChoice(spec=given.words[0]).check_provider()
        current.model = given.words[0]
    name = chosen("model") or _bridge().run(_model_name)
    return Text(f"{name} answers from now on." if given.words else f"{name} answers.")


async def _model_name(engine: Engine) -> str:
    return engine.model_name


def _help(given: Namespace, said: str) -> None:
    sys.stdout.writelines(f"{p.prog:<14} {p.summary}\n" for p in forms.PARSERS.values())
    width = max(map(len, forms.SUBCOMMANDS))
    lines = (f"%k8s {n:<{width}}  {what}\n" for n, (_, what) in forms.SUBCOMMANDS.items())
    sys.stdout.writelines(lines)


def _usage(name: str) -> str:
    return f"%k8s {name} {forms.SUBCOMMANDS[name][0]}"


def _bridge() -> bridge.Bridge:
    return bridge.shared(chosen("context"), chosen("snapshot"))


COMMANDS: dict[str, Callable[[Namespace, str], Any]] = {
    "use": _use,
    "status": status,
    "mcp": _mcp,
    "tools": _tools,
    "incident": _incident,
    "fork": _fork,
    "evidence": _evidence,
    "note": _note,
    "hypothesis": _hypothesis,
    "sweep": _sweep,
    "changes": _changes,
    "approve": _approve,
    "deny": _deny,
    "knowledge": _knowledge,
    "cost": cost,
    "snapshot": _snapshot,
    "report": _report,
    "model": _model,
    "help": _help,
}
