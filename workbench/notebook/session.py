"""What a notebook can ask for, as plain functions; the magics are these with options.

Each goes through the same engine as every other surface, so each tool call is a row of the record
and each result says which (``frame.attrs["evidence"]``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from workbench.core.investigation import Asked, Failed, Investigation, Status
from workbench.core.tools import ToolResult
from workbench.errors import ToolFailed, UsageError
from workbench.notebook import bridge, display, frames
from workbench.notebook.scope import scope
from workbench.notebook.values import Answer, Recorded, Report, Run, Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.cluster import Scope
    from workbench.core.findings import Finding
    from workbench.core.runbook import RunbookRun
    from workbench.investigations.workbench import Workbench

seen_namespaces: set[str] = set()
"""Namespaces that results of this session named, for completion."""


def ask(
    question: str,
    *,
    namespace: str = "",
    context: str = "",
    selector: str = "",
    since: str | int = "",
    model: str = "",
) -> Answer:
    """Investigate. Shows the steps while it runs and the conclusion when it is done.

    namespace: one or several joined by commas; none for all.
    since: how far back events and logs matter (``30m``, ``2h``).

    Raises KeyboardInterrupt when interrupted, after the cancelled investigation was recorded and
    shown.
    """
    answer = investigate(question, scope(namespace, context, selector, since), model)
    if answer.status is Status.CANCELLED:
        raise KeyboardInterrupt
    return answer


def investigate(question: str, where: Scope, model: str = "", live: bool = True) -> Answer:
    """``ask`` that returns the cancelled investigation when it is interrupted.

    live: whether to show the steps and the card.
    """
    shell = display.shell()
    screen = display.Live(shell) if live else display.Blank()
    feed = bridge.shared(where.context).iterate(
        lambda engine: engine.ask(question, where, model=model)
    )
    newest: Investigation | None = None
    try:
        for item in feed:
            newest = item[0] if item else newest
            screen.update(newest)
    except KeyboardInterrupt:
        for item in feed.stop():
            newest = item[0]
        newest = _cancelled(newest or _unrecorded(question, where))
    if newest is None:
        raise ToolFailed("The investigation ended without a single step.")
    screen.finish(newest)
    return Answer.of(newest, shown_in=shell.execution_count if shell and live else 0)


def analyze(
    *,
    namespace: str = "",
    context: str = "",
    selector: str = "",
    since: str | int = "",
    name: str = "",
    codes: Sequence[str] = (),
) -> pd.DataFrame:
    """Run the analyzers: a ranked DataFrame of findings, likeliest root cause first.

    name: only findings about that object or its pods (``web`` also means ``web-7d4b9-x2x``).
    codes: only findings of these codes.
    What explains a finding that is kept is kept with it.
    """
    where = scope(namespace, context, selector, since)
    judged, label = bridge.shared(context).run(lambda engine: engine.diagnose(where))
    kept = _about(judged.findings, name, codes)
    return _noticed(frames.findings(msgspec.structs.replace(judged, findings=kept), label))


def get(
    kind: str, name: str = "", *, namespace: str = "", context: str = "", selector: str = ""
) -> pd.DataFrame:
    """Objects of a kind (``pods``, ``deploy``, ``Node``) as a DataFrame; no namespace means all."""
    field = f"metadata.name={name}" if name else ""
    wanted = {"kind": kind, "selector": selector, "field_selector": field}
    return _table("list_resources", {**wanted, "namespace": _one(namespace)}, context)


def events(
    name: str = "", *, kind: str = "", namespace: str = "", context: str = "", since: str = ""
) -> pd.DataFrame:
    """Events as a DataFrame, oldest first; of one object when it is named."""
    wanted = {"kind": kind, "name": name, "since": since}
    return _table("events", {**wanted, "namespace": _one(namespace)}, context)


def logs(
    pod: str,
    *,
    namespace: str = "",
    container: str = "",
    previous: bool = False,
    tail: int = 200,
    since: str = "",
    context: str = "",
) -> Text:
    """The end of a container's log; ``previous`` for the run before its last restart.

    namespace: the context's own when empty. tail: lines, at most.
    """
    wanted = {"pod": pod, "container": container, "previous": previous, "since": since}
    wanted |= {"namespace": _one(namespace), "tail_lines": tail}
    result = call("logs", wanted, context)
    whole = result.data.get("log") if isinstance(result.data, dict) else None
    return Text.of(whole or result.text, result.evidence)


def describe(kind: str, name: str, *, namespace: str = "", context: str = "") -> Text:
    """One object with its conditions and events, as ``kubectl describe`` has it."""
    wanted = {"kind": kind, "name": name, "namespace": _one(namespace)}
    result = call("describe", wanted, context)
    return Text.of(result.text, result.evidence)


def status() -> Text:
    """What is open: cluster, database, model and how many tools; opens it when nothing is yet."""

    async def look(engine: Workbench) -> str:
        tools = await engine.tools.list()
        frozen = " (frozen, nothing in it can be changed)" if engine.address.frozen else ""
        return (
            f"cluster   {engine.cluster}{frozen}\n"
            f"database  {engine.store.description}\n"
            f"model     {engine.model_name}\n"
            f"tools     {len(tools)}"
        )

    return Text(bridge.shared().run(look))


def statement(findings: pd.DataFrame, what: str) -> Text:
    """What a runbook came to, in one or two sentences: ``statement(found, "pending pods")``."""
    judged = frames.diagnosis(findings)
    gaps = len(judged.gaps) if judged else 0
    unseen = f" {gaps} thing{'' if gaps == 1 else 's'} could not be checked." if gaps else ""
    if findings.empty:
        return Text(f"No {what} found.{unseen}")
    first = findings.iloc[0]
    cause = "Likely cause" if first["root_cause"] else "First"
    where = "/".join(part for part in (first["namespace"], first["name"]) if part)
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'} about {what}."
    return Text(f"{count} {cause}: {first['kind']} {where}: {first['message']}{unseen}")


def evidence(investigation: str, label: str = "") -> Recorded:
    """A recorded call: ``evidence("INV-12", "E3")``, or ``evidence("E3")`` for one that this
    session made itself."""
    if not label:
        investigation, label = "", investigation
    return Recorded.of(bridge.shared().run(lambda engine: engine.evidence(investigation, label)))


def load(investigation: str) -> Answer:
    """A recorded investigation by its label (``INV-12``) or id."""
    return Answer.of(bridge.shared().run(lambda engine: engine.load(investigation)))


def report(investigation: Investigation | str, folder: str | Path = ".") -> Report:
    """Write an investigation as an executed notebook and a page into ``folder``."""
    from workbench.investigations.report import cited, export

    found = load(investigation) if isinstance(investigation, str) else investigation
    rows = [evidence(str(found.id), label) for label in cited(found)]
    written = export(found, rows, Path(folder), now=datetime.now(UTC))
    return Report(notebook=written.notebook, html=written.html)


def run(runbook: str, *, out: str | Path = "", **parameters: Any) -> Run:
    """Run a runbook in a kernel of its own; the executed notebook is written to ``out``, or beside
    the working directory under the runbook's name."""
    from workbench.bootstrap import child_environment
    from workbench.runbooks import catalogue
    from workbench.runbooks.run import run as execute
    from workbench.settings import load_settings

    settings = load_settings()
    found = catalogue.find(runbook, settings.runbook_dirs)
    path = Path(out) if out else Path(f"{found.name}.out.ipynb")

    async def work(engine: Workbench) -> RunbookRun:
        env = child_environment(settings, engine.address)
        return await execute(found, parameters, path, env=env)

    return Run.of(bridge.shared().run(work))


def call(tool: str, arguments: dict[str, Any], context: str = "") -> ToolResult:
    """Call a tool of the Kubernetes server by its own name; empty arguments are left out.

    Raises ToolFailed when the tool says it could not do it.
    """
    given = {k: v for k, v in arguments.items() if v not in ("", False, None)}
    result = bridge.shared(context).run(lambda engine: engine.call(tool, given))
    if result.failed:
        raise ToolFailed(result.text)
    return result


def _table(tool: str, arguments: dict[str, Any], context: str) -> pd.DataFrame:
    result = call(tool, arguments, context)
    return _noticed(frames.table(result.data, result.evidence))


def _one(namespace: str) -> str:
    if "," in namespace:
        raise UsageError(f"{namespace!r} is more than one namespace.", "Name one, or none for all.")
    return namespace


def _about(findings: Sequence[Finding], name: str, codes: Sequence[str]) -> tuple[Finding, ...]:
    asked = {f.id for f in findings if _named(f, name) and (not codes or f.code in codes)}
    return tuple(f for f in findings if f.id in asked or asked.intersection(f.explains))


def _named(finding: Finding, name: str) -> bool:
    subject = finding.subject.name
    return not name or subject == name or subject.startswith(f"{name}-")


def _noticed(frame: pd.DataFrame) -> pd.DataFrame:
    if "namespace" in frame.columns:
        seen_namespaces.update(n for n in frame["namespace"].dropna().unique() if n)
    return frame


def _cancelled(investigation: Investigation) -> Investigation:
    """The investigation as it will read in the record once its cancellation is written."""
    if investigation.status is not Status.RUNNING:
        return investigation
    stopped = Failed(at=datetime.now(UTC), reason="Stopped by you.", cancelled=True)
    return msgspec.structs.replace(investigation, steps=(*investigation.steps, stopped))


def _unrecorded(question: str, where: Scope) -> Investigation:
    """What stands for an investigation that was stopped before it had its first step."""
    asked = Asked(at=datetime.now(UTC), question=question, scope=where)
    return Investigation(id=uuid4(), number=0, question=question, scope=where, steps=(asked,))
