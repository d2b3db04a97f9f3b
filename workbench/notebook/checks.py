"""What the cells of runbooks do again and again: judge, look closer, compare with before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import RunbookError, ToolFailed, UsageError
from workbench.notebook import analysis, display, frames, session
from workbench.notebook.analysis import CLOSER, present, workload
from workbench.notebook.values import Text

if TYPE_CHECKING:
    import pandas as pd

EVENTS = {
    "namespace": "text",
    "last_seen": "time",
    "type": "text",
    "reason": "text",
    "object": "text",
    "count": "int",
    "message": "text",
    "source": "text",
    "first_seen": "time",
    "name": "text",
}
"""Columns of events, for when there is nothing that they could be about."""

BASELINE = {"code": "text", "kind": "text", "namespace": "text", "workload": "text"}


def judge(
    runbook: str,
    *,
    namespace: str | None = None,
    name: str = "",
    selector: str = "",
    since: str | int | None = None,
    of: str = "",
) -> pd.DataFrame:
    """Findings of the codes that the runbook is for, and what explains them.

    of: kinds (``services``, ``jobs, cronjobs``, ``workloads``) one of which ``name`` is a name of.

    Raises RunbookUnknown for a runbook that is not there, UsageError for a name that none of those
    kinds has.
    """
    from workbench.runbooks import catalogue
    from workbench.settings import load_settings

    codes = catalogue.find(runbook, load_settings().runbook_dirs).codes
    found = analysis.analyze(
        namespace=namespace, name=name, selector=selector, since=since, codes=codes
    )
    if name and of and found.empty:  # nothing wrong with it, or no such thing
        present(name, of, namespace=namespace)
    return found


def faults(found: pd.DataFrame, worst: str = "warning") -> int:
    """How many of the findings are as bad as that or worse; ``warning`` leaves opinion out.

    Raises UsageError for a word that is no severity.
    """
    from workbench.core.findings import Severity

    words = [s.word for s in Severity]
    if worst not in words:
        raise UsageError(f"{worst!r} is no severity.", f"One of {', '.join(words)}.")
    return int(found.severity.isin(words[words.index(worst) :]).sum())


def look(
    kind: str, name: str = "", *, namespace: str | None = None, selector: str = ""
) -> pd.DataFrame:
    """Objects of a kind, or, where they may not or cannot be read, an empty table that says so."""
    try:
        return session.get(kind, name, namespace=namespace, selector=selector)
    except ToolFailed as error:
        refused = frames.table({"columns": [], "rows": []})
        refused.attrs["not_checked"] = [f"{kind}: {error.message}"]
        _show(Text(f"Not checked: {kind}: {error.message}"))
        return refused


def tool(name: str, /, **arguments: Any) -> pd.DataFrame | Text:
    """Call a tool of the Kubernetes server by its own name, as an investigation did: a DataFrame
    where it answers with a table, its text elsewhere, and a sentence where it could not."""
    try:
        result = session.call(name, arguments)
    except ToolFailed as error:
        return Text(f"Not checked: {name}: {error.message}")
    if isinstance(result.data, dict) and "rows" in result.data:
        return frames.table(result.data, result.evidence)
    return Text.of(result.text, result.evidence)


def events_of(found: pd.DataFrame, rows: int = 20) -> pd.DataFrame:
    """The newest events about the first objects that were found, oldest first."""
    tables = []
    for one in _rows(_subjects(found)):
        try:
            tables.append(session.events(one.name, kind=one.kind, namespace=one.namespace))
        except ToolFailed as error:
            _show(Text(f"Not checked: events of {one.kind}/{one.name}: {error.message}"))
    return newest(tables, rows)


def newest(tables: Sequence[pd.DataFrame], rows: int) -> pd.DataFrame:
    """The newest of several tables of events, each once, oldest first."""
    import pandas as pd

    held = [t for t in tables if not t.empty] or tables[:1]
    if not held:
        return frames.frame(EVENTS, [])
    joined = pd.concat(held).drop_duplicates()
    if "last_seen" in joined:  # a server in place of the built-in one may leave it out
        joined = joined.sort_values("last_seen", kind="stable")
    joined = joined.tail(rows)
    joined.attrs |= {**held[0].attrs, "evidence": ", ".join(t.attrs["evidence"] for t in tables)}
    return joined.reset_index(drop=True)


def words_of(found: pd.DataFrame, lines: int = 30) -> None:
    """Show the end of the log of each pod that was found: of the run before its restart where
    there was one."""
    for pod, namespace, container in _containers(found)[:CLOSER]:
        where = {"namespace": namespace, "container": container, "tail": lines}
        said = _log(pod, where)
        title = f"{namespace}/{pod}{f' ({container})' if container else ''}"
        _show(Text.of(said, said.evidence, title))


def baseline(path: str) -> pd.DataFrame:
    """What an earlier run of a runbook found, from its executed notebook, one row a fault; nothing
    for "".

    Names that a controller made up are shortened to their workload, as they change with every
    rollout. Raises RunbookError for a file that is no executed runbook.
    """
    import json

    from workbench.core.findings import Severity
    from workbench.runbooks.harvest import harvest

    if not path:
        return frames.frame(BASELINE, [])
    try:
        held = harvest(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise RunbookError(
            f"{path} cannot be read as the notebook of an earlier run: {error}.",
            "Give the output of this runbook from before the release.",
        ) from error
    faults = [f for f in held.findings if f.severity >= Severity.WARNING]
    rows = {(f.code, f.subject.kind, f.subject.namespace, workload(f.subject.name)) for f in faults}
    return frames.frame(BASELINE, [list(row) for row in sorted(rows)])


def fresh(found: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """The faults that were not there before."""
    import pandas as pd

    known = set(before.itertuples(index=False, name=None))
    new = [
        one.severity != "info"
        and (one.code, one.kind, one.namespace, workload(one.name)) not in known
        for one in _rows(found)
    ]
    return found[pd.Series(new, index=found.index, dtype=bool)]


def _rows(frame: pd.DataFrame) -> Iterable[Any]:
    return frame.itertuples(index=False)


def _subjects(found: pd.DataFrame) -> pd.DataFrame:
    return found.drop_duplicates(["kind", "namespace", "name"]).head(CLOSER)


def _containers(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Pod, namespace and container of each finding about a pod, and of the pods of workloads."""
    pods: dict[tuple[str, str, str], None] = {}
    for one in _rows(found):
        if one.kind == "Pod":
            pods[one.name, one.namespace, _container(one.code, one.detail)] = None
        elif one.kind in ("Deployment", "StatefulSet", "DaemonSet", "Job") and len(pods) < CLOSER:
            own = look("pods", namespace=one.namespace)
            named = [n for n in own.get("name", ()) if str(n).startswith(f"{one.name}-")]
            if not any((n, one.namespace) == pod[:2] for n in named for pod in pods):
                pods |= dict.fromkeys((n, one.namespace, "") for n in named[:1])
    return list(pods)


def _container(code: str, detail: str) -> str:
    """A finding's detail, where it is a container."""
    return detail if code.startswith(("POD_CRASH", "POD_OOM", "POD_REST", "CONTAINER_")) else ""


def _log(pod: str, where: dict[str, Any]) -> Text:
    said = ""
    for previous in (True, False):
        try:
            text = session.logs(pod, previous=previous, **where)
        except ToolFailed as error:
            said = error.message
        else:
            if text.strip():
                return text
    return Text(f"No log: {said or 'it is empty'}")


def _show(text: Text) -> None:
    shell = display.shell()
    if shell is not None:
        shell.display_pub.publish(text._repr_mimebundle_())
