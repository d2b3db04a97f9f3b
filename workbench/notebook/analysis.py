"""Analyzers from a notebook: what they find, about what was asked for, and what it comes to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.counted import counted
from workbench.errors import ToolFailed, UsageError
from workbench.notebook import frames, session
from workbench.notebook.defaults import chosen
from workbench.notebook.kinds import kind_of, kinds
from workbench.notebook.labels import Label, latest
from workbench.notebook.scope import scope
from workbench.notebook.values import Conclusion

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.diagnosis import Diagnosis
    from workbench.core.engine import Engine
    from workbench.core.findings import Finding

CLOSER = 5
"""Objects that are looked at one by one, and names that are offered where none is near."""

WORKLOADS = ("deployments", "statefulsets", "daemonsets", "cronjobs", "jobs", "replicasets", "pods")

NAMED = (*WORKLOADS, "services", "ingresses", "persistentvolumeclaims", "nodes", "configmaps")
"""Kinds that people name without their kind."""

GROUPS = {"workloads": WORKLOADS, "objects": NAMED}

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

# Names of pods end in a hash of the ReplicaSet and five random letters (Kubernetes: the letters
# that no word can be made of), those of StatefulSets in a number.
_MADE = "[bcdfghjklmnpqrstvwxz2456789]"
_GENERATED = re.compile(rf"(-{_MADE}{{5,10}})?(-{_MADE}{{5}}|-\d+)$")


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
    held = session.bridge_to(context, snapshot)
    frames.ahead()

    async def judge(engine: Engine) -> tuple[Diagnosis, Label]:
        judged, label = await engine.diagnose(where)
        return judged, latest.called(label, (await engine.load("")).label)

    judged, own = held.run(judge)
    kept = about(judged.findings, [*words, *([name] if name else [])], codes)
    if not kept:
        _not_mistyped(words, where.namespaces, context, snapshot)
    frame = frames.findings(msgspec.structs.replace(judged, findings=kept), own)
    return session.noticed(session.placed(frame, context, snapshot))


def _not_mistyped(
    words: Sequence[str], namespaces: Sequence[str], context: str | None, snapshot: str | None
) -> None:
    """Raises UsageError for a word that is nearly a kind, and for a name that nothing has: nothing
    found must not mean a typo."""
    for word in words:
        kind, slash, name = word.partition("/")
        near = [] if kind_of(kind) else get_close_matches(kind.lower(), kinds(), 1, TYPO)
        if near:
            raise UsageError(f"Nothing was found about {word}.", f"Did you mean {near[0]}?")
        if len(namespaces) < 2 and (slash or not kind_of(kind)):
            one = "".join(namespaces)
            of = (name, kind) if slash else (word, "objects")
            present(*of, namespace=one, context=context, snapshot=snapshot)


def present(name: str, of: str, **where: Any) -> None:
    """Raises UsageError, with the nearest name, where no object of those kinds (or ``workloads``,
    or any ``objects``) has the name or one that it begins; passes where a kind cannot be read."""
    kinds = GROUPS.get(of) or tuple(kind.strip() for kind in of.split(","))
    known: list[str] = []
    for kind in kinds:
        try:
            held = session.get(kind, **where)
        except ToolFailed:
            return
        known += [str(n) for n in held.get("name", ())]
        if held.attrs.get("not_checked") or name in known:
            return
    if any(n.startswith(f"{name}-") for n in known):
        return
    names = sorted({workload(n) for n in known})
    near = get_close_matches(name, names, 1)
    hint = (
        f"Did you mean {near[0]}?"
        if near
        else f"There are: {', '.join(names[:CLOSER]) or 'none'}{' …' if names[CLOSER:] else ''}."
    )
    namespace = chosen("namespace", where.get("namespace"))
    within = f" in {namespace}" if namespace else ""
    raise UsageError(f"There is no {_singular(of)} {name}{within}.", hint)


def _singular(of: str) -> str:
    kinds = [kind.strip() for kind in of.split(",")]
    return " or ".join(kind_of(kind) or kind.removesuffix("s") for kind in kinds)


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


def workload(name: str) -> str:
    """``web`` for ``web-7d4b9c6f5-x2x9z``; other names as they are."""
    return _GENERATED.sub("", name)
