"""What a notebook can ask for, as plain functions; the magics are these with options.

Each goes through the same engine as every other surface, so each tool call is a row of the record
and each result says which (``frame.attrs["evidence"]``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.investigation import Investigation
from workbench.core.references import Reference, parse
from workbench.core.tools import ToolResult
from workbench.errors import ToolFailed, UsageError
from workbench.notebook import bridge, frames
from workbench.notebook.defaults import chosen
from workbench.notebook.labels import Label, latest
from workbench.notebook.values import Compared, Recorded, Report, Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.engine import Engine

seen_namespaces: set[str] = set()
"""Namespaces that results of this session named, for completion."""

NAMES_MOST = 2_000
seen_names: set[str] = set()
"""Names of objects that results of this session held, for completion."""


def get(
    kind: str,
    name: str = "",
    *,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
    selector: str = "",
) -> pd.DataFrame:
    """Objects of a kind (``pods``, ``deploy``, ``Node``) as a DataFrame.

    namespace: "" for all, None for the default.
    """
    field = f"metadata.name={name}" if name else ""
    wanted = {"kind": kind, "selector": selector, "field_selector": field}
    frame = _table("list_resources", wanted, namespace, context, snapshot)
    frame.attrs["kind"] = kind
    return frame


def events(
    name: str = "",
    *,
    kind: str = "",
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
    since: str | None = None,
) -> pd.DataFrame:
    """Events as a DataFrame, oldest first; of one object when it is named."""
    wanted = {"kind": kind, "name": name, "since": chosen("since", since)}
    frame = _table("events", wanted, namespace, context, snapshot)
    frame.attrs["kind"] = "events"
    return frame


def top(
    kind: str = "pods",
    *,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
    selector: str = "",
) -> pd.DataFrame:
    """CPU (cores) and memory (bytes) in use now, beside requests and limits. ``kind`` is ``pods``
    or ``nodes``. Raises ToolFailed where the cluster serves no metrics."""
    short = {"po": "pods", "pod": "pods", "no": "nodes", "node": "nodes"}
    kind = short.get(kind, kind)
    if kind not in ("pods", "nodes"):
        raise UsageError(f"Nothing measures {kind!r}.", "Say pods or nodes.")
    where = namespace if kind == "pods" else ""
    frame = _table("top", {"kind": kind, "selector": selector}, where, context, snapshot)
    frame.attrs["kind"] = kind
    return frame


def logs(
    pod: str,
    *,
    namespace: str | None = None,
    container: str = "",
    previous: bool = False,
    tail: int = 200,
    since: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
) -> Text:
    """The end of a container's log; ``previous`` for the run before its last restart.

    namespace: the context's own when there is no default. tail: lines, at most.
    """
    wanted = {"pod": pod, "container": container, "previous": previous}
    wanted |= {"namespace": _one(namespace), "tail_lines": tail, "since": chosen("since", since)}
    result = call("logs", wanted, context, snapshot)
    whole = result.data.get("log") if isinstance(result.data, dict) else None
    return Text.of(whole or result.text, result.evidence)


def describe(
    kind: str,
    name: str,
    *,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
) -> Text:
    """One object with its conditions and events, as ``kubectl describe`` has it."""
    wanted = {"kind": kind, "name": name, "namespace": _one(namespace)}
    result = call("describe", wanted, context, snapshot)
    return Text.of(result.text, result.evidence)


def evidence(investigation: str, label: str = "", *, live: bool = False) -> Recorded | Compared:
    """A recorded call: ``evidence("INV-12", "E3")``, ``evidence("INV-12/E3")``. ``evidence("E3")``
    is the investigation's that was shown last, when this session made no call of its own after it
    and it has an E3; else this session's.

    live: make the call again and show what is different; that is a recorded call too.
    """
    held = bridge_to()
    kept = held.run(lambda engine: _kept(engine, investigation, label))
    return held.run(lambda engine: _again(engine, kept)) if live else kept


async def _kept(engine: Engine, investigation: str, label: str) -> Recorded:
    named = Reference(investigation, label) if label else parse(investigation)
    if not named.label:
        raise UsageError(f"{investigation} is no call.", f"Like {investigation} E1.")
    if named.investigation:
        found = await engine.evidence(named.investigation, named.label)
        return Recorded.of(found, named.investigation, alone=False)
    whose = await latest.whose(investigation, engine)
    found = await engine.evidence(whose, named.label)
    return Recorded.of(found, whose or (await engine.load("")).label, alone=True)


async def _again(engine: Engine, kept: Recorded) -> Compared:
    """The same call made now, as it was recorded: an answer on its way here may be shortened."""
    made = await engine.call(kept.tool, kept.arguments)
    now = await engine.evidence("", made.evidence)
    own = (await engine.load("")).label
    return Compared(before=kept, text=now.text, evidence=Label.of(now.label, own))


def report(
    investigation: Investigation | str, folder: str | Path = ".", *, force: bool = False
) -> Report:
    """Write an investigation as an executed notebook and a page into ``folder``.

    force: also over files that somebody wrote or edited. Raises UsageError for those without.
    """
    from workbench.investigations.report import export

    run = bridge_to().run
    which = investigation if isinstance(investigation, str) else str(investigation.id)
    found = run(lambda engine: engine.load(which))  # with notes written since it was asked
    rows = run(lambda engine: engine.evidences(str(found.id)))
    written = export(found, rows, Path(folder), now=datetime.now(UTC), force=force)
    return Report(notebook=written.notebook, html=written.html)


def call(
    tool: str,
    arguments: dict[str, Any],
    context: str | None = None,
    snapshot: str | None = None,
) -> ToolResult:
    """Call a tool of the Kubernetes server by its own name; empty arguments are left out.

    Raises ToolFailed when the tool says it could not do it.
    """
    given = {k: v for k, v in arguments.items() if v not in ("", False, None)}

    async def called(engine: Engine) -> tuple[ToolResult, str]:
        return await engine.call(tool, given), (await engine.load("")).label

    result, own = bridge_to(context, snapshot).run(called)
    if result.failed:
        raise ToolFailed(result.text)
    return msgspec.structs.replace(result, evidence=latest.called(result.evidence, own))


def bridge_to(context: str | None = None, snapshot: str | None = None) -> bridge.Bridge:
    """The bridge to that cluster; to the one that is chosen, for None."""
    return bridge.shared(chosen("context", context), chosen("snapshot", snapshot))


def _table(
    tool: str,
    arguments: dict[str, Any],
    namespace: str | None,
    context: str | None,
    snapshot: str | None,
) -> pd.DataFrame:
    frames.ahead()
    result = call(tool, {**arguments, "namespace": _one(namespace)}, context, snapshot)
    return noticed(placed(frames.table(result.data, result.evidence), context, snapshot))


def placed(frame: pd.DataFrame, context: str | None, snapshot: str | None) -> pd.DataFrame:
    """The frame with where it came from, for ``df.k8s`` to go on from."""
    frame.attrs["context"] = chosen("context", context)
    frame.attrs["snapshot"] = chosen("snapshot", snapshot)
    return frame


def _one(given: str | None) -> str:
    namespace = str(chosen("namespace", given))
    if "," in namespace:
        raise UsageError(f"{namespace!r} is more than one namespace.", "Name one, or none for all.")
    return namespace


def noticed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame; what it names is offered by completion from here on."""
    if "namespace" in frame.columns:
        seen_namespaces.update(n for n in frame["namespace"].dropna().unique() if n)
    if "name" in frame.columns:
        seen_names.update(frame["name"].dropna().unique()[:NAMES_MOST])
    return frame
