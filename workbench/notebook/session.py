"""What a notebook can ask for, as plain functions; the magics are these with options.

Each goes through the same engine as every other surface, so each tool call is a row of the record
and each result says which (``frame.attrs["evidence"]``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.counted import counted
from workbench.core.investigation import Investigation
from workbench.core.tools import ToolResult
from workbench.errors import ToolFailed, UsageError
from workbench.notebook import bridge, frames
from workbench.notebook.defaults import chosen
from workbench.notebook.kinds import kind_of, kinds
from workbench.notebook.labels import Label, latest
from workbench.notebook.scope import scope
from workbench.notebook.values import Compared, Conclusion, Recorded, Report, Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.engine import Engine
    from workbench.core.evidence import Evidence
    from workbench.core.findings import Finding

seen_namespaces: set[str] = set()
"""Namespaces that results of this session named, for completion."""

TYPO = 0.75
"""How near a word is to a kind that was perhaps meant, by difflib's ratio: ``podz``."""

_RANDOM = "[a-z0-9]{5}"
_POD_SUFFIX = {
    "Deployment": re.compile(f"[a-z0-9]{{1,10}}-{_RANDOM}"),
    "ReplicaSet": re.compile(_RANDOM),
    "DaemonSet": re.compile(_RANDOM),
    "StatefulSet": re.compile(r"\d+"),
    "Job": re.compile(rf"(\d+-)?{_RANDOM}"),
    "CronJob": re.compile(rf"\d+(-\d+)?-{_RANDOM}"),
}
"""What stands behind a workload's name in the names of its pods (Kubernetes documentation,
Workloads; five random characters, and a hash or an index before them)."""

NAMES_MOST = 2_000
seen_names: set[str] = set()
"""Names of objects that results of this session held, for completion."""


def analyze(
    *words: str,
    namespace: str | None = None,
    context: str | None = None,
    snapshot: str | None = None,
    selector: str = "",
    since: str | int | None = None,
    name: str = "",
    codes: Sequence[str] = (),
) -> pd.DataFrame:
    """Run the analyzers: a ranked DataFrame of findings, likeliest root cause first.

    words: only findings about these: kinds (``pods``), names (``web`` also means ``web-7d4b9-x2x``)
        or ``deploy/web``. Whatever explains one of them stays.
    namespace: "" for all, None for the default.
    name: the same as a name among ``words``. codes: only these finding codes.
    """
    where = scope(
        chosen("namespace", namespace),
        chosen("context", context),
        selector,
        chosen("since", since),
    )
    held = _bridge(context, snapshot)
    frames.ahead()
    judged, label = held.run(lambda engine: engine.diagnose(where))
    own = latest.called(label)
    kept = about(judged.findings, [*words, *([name] if name else [])], codes)
    if not kept:
        _not_mistyped(words, where.namespaces, context, snapshot)
    frame = frames.findings(msgspec.structs.replace(judged, findings=kept), own)
    return _noticed(_placed(frame, context, snapshot))


def _not_mistyped(
    words: Sequence[str], namespaces: Sequence[str], context: str | None, snapshot: str | None
) -> None:
    """Raises UsageError for a word that is nearly a kind, and for a name that nothing has: nothing
    found must not mean a typo."""
    from workbench.notebook.checks import present

    for word in words:
        kind, slash, name = word.partition("/")
        near = [] if kind_of(kind) else get_close_matches(kind.lower(), kinds(), 1, TYPO)
        if near:
            raise UsageError(f"Nothing was found about {word}.", f"Did you mean {near[0]}?")
        if len(namespaces) < 2 and (slash or not kind_of(kind)):
            one = "".join(namespaces)
            of = (name, kind) if slash else (word, "objects")
            present(*of, namespace=one, context=context, snapshot=snapshot)


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


def statement(findings: pd.DataFrame, what: str) -> Conclusion:
    """What a runbook came to, in one or two sentences: ``statement(found, "pending pods")``."""
    judged = frames.diagnosis(findings)
    gaps = len(judged.gaps) if judged else 0
    unseen = f" {counted(gaps, 'thing')} could not be checked." if gaps else ""
    notes = int((findings["severity"] == "info").sum())
    if notes == len(findings):
        known = f" To know: {findings.iloc[0]['message']}" if notes else ""
        state = "partial" if gaps else "complete"
        return Conclusion.drawn(f"No {what} found.{known}{unseen}", state)
    first = findings.iloc[0]
    cause = "Likely cause" if first["root_cause"] else "First"
    count = f"{counted(len(findings), 'finding')} about {what}."
    return Conclusion.drawn(f"{count} {cause}: {_told(first)}{unseen}", "failed")


def _told(finding: Any) -> str:
    """Its message, with the namespace in the name of its object, which it begins with or is said
    before it."""
    where = "/".join(part for part in (finding["namespace"], finding["name"]) if part)
    bare = f"{finding['kind']} {finding['name']}"
    message: str = finding["message"]
    if message.startswith(bare):
        return f"{finding['kind']} {where}{message.removeprefix(bare)}"
    return f"{finding['kind']} {where}: {message}"


def evidence(investigation: str, label: str = "", *, live: bool = False) -> Recorded | Compared:
    """A recorded call: ``evidence("INV-12", "E3")``. ``evidence("E3")`` is the investigation's that
    was shown last, when this session made no call of its own after it and it has an E3; else this
    session's.

    live: make the call again and show what is different; that is a recorded call too.
    """
    held = _bridge(None, None)
    kept = held.run(lambda engine: _kept(engine, investigation, label))
    if not live:
        return Recorded.of(kept)
    now = held.run(lambda engine: _again(engine, kept))
    return Compared(before=kept, text=now.text, evidence=Label.of(now.label))


async def _kept(engine: Engine, investigation: str, label: str) -> Evidence:
    if label:
        return await engine.evidence(investigation, label)
    return await engine.evidence(await latest.whose(investigation, engine), investigation)


async def _again(engine: Engine, kept: Evidence) -> Evidence:
    """The same call made now, as it was recorded: an answer on its way here may be shortened."""
    made = await engine.call(kept.tool, kept.arguments)
    return await engine.evidence("", made.evidence)


def report(
    investigation: Investigation | str, folder: str | Path = ".", *, force: bool = False
) -> Report:
    """Write an investigation as an executed notebook and a page into ``folder``.

    force: also over files that somebody wrote or edited. Raises UsageError for those without.
    """
    from workbench.investigations.report import cited, export

    run = _bridge(None, None).run
    which = investigation if isinstance(investigation, str) else str(investigation.id)
    found = run(lambda engine: engine.load(which))  # with notes written since it was asked
    held = {e.label: e for e in run(lambda engine: engine.evidences(str(found.id)))}
    rows = [held[label] for label in cited(found) if label in held]
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
    result = _bridge(context, snapshot).run(lambda engine: engine.call(tool, given))
    if result.failed:
        raise ToolFailed(result.text)
    return msgspec.structs.replace(result, evidence=latest.called(result.evidence))


def _bridge(context: str | None, snapshot: str | None) -> bridge.Bridge:
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
    return _noticed(_placed(frames.table(result.data, result.evidence), context, snapshot))


def _placed(frame: pd.DataFrame, context: str | None, snapshot: str | None) -> pd.DataFrame:
    """The frame with where it came from, for ``df.k8s`` to go on from."""
    frame.attrs["context"] = chosen("context", context)
    frame.attrs["snapshot"] = chosen("snapshot", snapshot)
    return frame


def _one(given: str | None) -> str:
    namespace = str(chosen("namespace", given))
    if "," in namespace:
        raise UsageError(f"{namespace!r} is more than one namespace.", "Name one, or none for all.")
    return namespace


def about(
    findings: Sequence[Finding], words: Sequence[str], codes: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """The findings about what the words name (kinds, names, ``kind/name``) and of those codes, and
    those that explain them."""
    asked = {
        f.id
        for f in findings
        if (not words or any(_named(f, word) for word in words)) and (not codes or f.code in codes)
    }
    return tuple(f for f in findings if f.id in asked or asked.intersection(f.explains))


def _named(finding: Finding, word: str) -> bool:
    kind, slash, name = word.partition("/")
    subject = finding.subject.name
    if slash and kind_of(kind) == "Pod" and _made(finding, name):
        return True
    if slash:
        named = subject == name or subject.startswith(f"{name}-")
        return named and finding.subject.kind == kind_of(kind)
    known = kind_of(word)
    if known:
        return finding.subject.kind == known
    return subject == word or subject.startswith(f"{word}-") or _made(finding, word)


def _made(finding: Finding, pod: str) -> bool:
    """Whether a pod of that name is one of the workload the finding is about: findings about all
    pods of a workload are told of the workload."""
    suffix = _POD_SUFFIX.get(finding.subject.kind)
    own = f"{finding.subject.name}-"
    return bool(suffix and pod.startswith(own) and suffix.fullmatch(pod.removeprefix(own)))


def _noticed(frame: pd.DataFrame) -> pd.DataFrame:
    if "namespace" in frame.columns:
        seen_namespaces.update(n for n in frame["namespace"].dropna().unique() if n)
    if "name" in frame.columns:
        seen_names.update(frame["name"].dropna().unique()[:NAMES_MOST])
    return frame
