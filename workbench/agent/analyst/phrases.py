"""Findings in few words: without pod hashes, without what the name already says, with a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from workbench.agent.analyst.names import same_family, stem, workload
from workbench.analyzers.wording import elided
from workbench.core.characters import visible
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")
FROM_LOGS = frozenset({"LOG_ERRORS", "LOG_TREND", "PEER_UNREACHABLE"})
"""Codes that a log raised."""
_IN_THEIR_WORDS = FROM_LOGS | {"RESOURCE_NOT_READY", "CONTROLLER_WARNS"}
"""Codes whose title says nothing that a person could act on."""
_GROUPED = re.compile(r"^\d+ pods? of \w+ \S+ (?:are affected|alike|is affected): ")
_POD = re.compile(r"Pod (?:[a-z0-9-]+/)?([a-z0-9.-]+)")
_LOGGED = re.compile(r"^(?:its|the|whose) (?:previous )?logs? ")
_LOG_TOLD = re.compile(r"[:,] (?:its|the) (?:previous )?log (?:says|ends).*$")
# code 0 is all there is to say of a program that ends without an error
_EXITED = re.compile(r"^the last run (?!exited with code 0\b)")
_UNDERSTOOD = re.compile(r"\blog says that ")
_NAMED = 3  # objects named in one sentence
# That ordinary pods do not fit on the control plane is so in every cluster.
_CONTROL_PLANE = re.compile(
    r"(?:; )?\d+ nodes? had untolerated taint \{node-role\.kubernetes\.io/(?:control-plane|master)"
    r"[^}]*\}(?=;|$)"
)
_DECISIVE = re.compile(
    r"no node is added: |its controller warns: |its newest revision lowered "
    r"|its (?:previous )?log says that |tcp://\S+ is what |“[^”]+” stands in "
    r"|its CPU limit is "
)
"""Said however long the sentence gets: the rest only tells what the reader knows already."""
_WRAPPED = re.compile(r"(?:error|failed|unable|cannot|could not|desc =)\b", re.IGNORECASE)
_COUNTED = re.compile(r" \(\d+ times(?: since \d\d:\d\d UTC)?\)$")
_LONG = 190  # characters of a fact in a verdict


def one_line(text: str) -> str:
    return " ".join(visible(text).split())


def clauses(finding: Finding) -> tuple[str, ...]:
    """What the message says, piece by piece, in the words of the workload instead of a pod."""
    message = one_line(finding.message) or one_line(finding.title) or finding.code
    message = _GROUPED.sub("", message).rstrip(". ")
    subject = finding.subject
    for pod in _pods(finding):
        message = re.sub(rf" of (?:pod )?{re.escape(pod)}(?=[ :,])", "", message)
        if subject.kind in WORKLOADS:
            message = message.replace(pod, stem(pod))
    message = _CONTROL_PLANE.sub("", message).rstrip(";: ")
    own = f"{workload(subject)}-"

    def without_pods(said: re.Match[str]) -> str:
        """What stands in brackets, unless it is nothing but names of pods."""
        names = said[1].split(", ")
        return "" if all(stem(n) != n or n.startswith(own) for n in names) else said[0]

    message = re.sub(r" \((?:not ready: )?([a-z0-9., -]+)\)", without_pods, message)
    return _split(message)


def _split(message: str) -> tuple[str, ...]:
    """The parts between semicolons that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(message):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth <= 0 and message.startswith("; ", at):
            parts.append(message[start:at])
            start = at + 2
    return tuple(part for part in (*parts, message[start:]) if part)


def _pods(finding: Finding) -> tuple[str, ...]:
    """The pods whose names say nothing that the subject does not say."""
    own = {finding.subject.name} if finding.subject.kind == "Pod" else set()
    if finding.subject.kind in WORKLOADS:
        found = [_POD.fullmatch(p.source) for p in finding.evidence]
        own |= {m[1] for m in found if m and m[1].startswith(f"{finding.subject.name}-")}
    return tuple(sorted(own, key=len, reverse=True))


def pod_names(finding: Finding) -> tuple[str, ...]:
    """Names of pods that the finding speaks of, when they are generated ones."""
    found = [_POD.fullmatch(p.source) for p in finding.evidence]
    names = [m[1] for m in found if m]
    names += [r.name for r in (finding.subject, *finding.related) if r.kind == "Pod"]
    return tuple(dict.fromkeys(n for n in names if stem(n) != n))


def fact(finding: Finding, *, quoted: bool = False, most: int = _LONG) -> str:
    """The message, as many of its clauses as fit into ``most`` characters.

    quoted: the log line itself stands beside it, so that what the message says of the log and of
        the exit code is left out.
    """
    first, *rest = clauses(finding)
    if quoted:
        first = _LOG_TOLD.sub("", first)
    said = shortened(first, most)
    for clause in rest:
        if quoted and _LOGGED.match(clause):
            continue
        if _EXITED.match(clause) and (quoted or _UNDERSTOOD.search(first)):
            continue  # the code says less than the log
        if len(said) + len(clause) + 2 > most and not _DECISIVE.match(clause):
            break
        said += f"; {shortened(clause, most)}"
    return said


def headed(finding: Finding, *, quoted: bool = False, most: int = _LONG) -> str:
    """The fact with its object named where the words leave it or its namespace out."""
    said = fact(finding, quoted=quoted, most=most)
    subject = finding.subject
    spelled = f"{subject.kind} {subject.name}"
    named = re.search(rf"\b{re.escape(spelled)}(?![\w.-])", said)
    if named:
        return f"{said[: named.start()]}{subject}{said[named.end() :]}"
    return f"{subject}: {uncapitalised(said)}"


_PLAIN = frozenset(
    {"A", "An", "The", "Its", "It", "No", "There", "Container", "Image", "Host", "Nothing", "Some"}
)


def uncapitalised(text: str) -> str:
    """Without a capital first letter, unless it belongs to a name (``ConfigMap``, ``Pod``)."""
    return text[0].lower() + text[1:] if text.partition(" ")[0] in _PLAIN else text


def brief(finding: Finding, owner: ObjectRef | None = None, most: int = 90) -> str:
    """One short line: the message where it fits, else the title; of ``owner``, not of a pod."""
    whole = headed(finding, most=1000)
    subject = str(owner or finding.subject)
    if owner is None and len(whole) <= most + len(subject) // 2:
        return whole
    if finding.code in _IN_THEIR_WORDS:
        return shortened(whole, most + 90)
    title = one_line(finding.title)
    lower = title.partition(" ")[0][1:].islower()
    return f"{subject}: {title[:1].lower() if lower else title[:1]}{title[1:]}"


def shortened(text: str, most: int) -> str:
    """The text, or as much of it as is allowed: its beginning, and of an error also its end, as
    wrapped errors end with what was wrong first."""
    if len(text) <= most:
        return text
    if counted := _COUNTED.search(text):
        return f"{text[: most - len(counted[0]) - 1].rstrip()}…{counted[0]}"
    if _WRAPPED.search(text[most // 2 :]):
        return elided(text, most)
    return text[: most - 1].rstrip() + "…"


def since(finding: Finding, now: datetime) -> str:
    """``since 09:08 UTC, 34 min ago``; with another day its date; "" when not known."""
    if finding.since is None:
        return ""
    began = _aware(finding.since).astimezone(UTC)
    seconds = (_aware(now) - began).total_seconds()
    if seconds < 0:
        return ""
    day = began.date() == _aware(now).astimezone(UTC).date()
    return f"since {began:{'%H:%M' if day else '%Y-%m-%d %H:%M'}} UTC, {span(seconds)} ago"


def clock(when: datetime, now: datetime) -> str:
    """``09:08 UTC``, with the day when it was another than that of ``now``."""
    when, now = _aware(when).astimezone(UTC), _aware(now).astimezone(UTC)
    return f"{when:{'%H:%M' if when.date() == now.date() else '%Y-%m-%d %H:%M'}} UTC"


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def span(seconds: float) -> str:
    """``40 s``, ``34 min``, ``3 h``, ``2 days``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"


def enumerated(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b, c and 2 more``."""
    words = list(words)
    if len(words) > _NAMED + 1:
        words = [*words[:_NAMED], f"{len(words) - _NAMED} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


# What restates the state of a workload's pods; a person is told of the workload and the way in.
_RESTATING = {"PodDisruptionBudget", "HorizontalPodAutoscaler", "ReplicaSet", "EndpointSlice"}


def broken(symptoms: Sequence[Finding], besides: Sequence[ObjectRef]) -> tuple[ObjectRef, ...]:
    """What suffers, one object per workload, in the order of ``symptoms``.

    ``besides``: objects that are named already, with all of their family.
    """
    chosen: list[ObjectRef] = []
    order = {f.subject: i for i, f in reversed(list(enumerate(symptoms)))}
    by_weight = sorted(order, key=lambda r: (r.kind not in WORKLOADS, r.kind == "Service"))
    for subject in by_weight:
        told = any(same_family(subject, ref) for ref in (*besides, *chosen))
        if subject.kind not in _RESTATING and not told:
            chosen.append(subject)
    return tuple(sorted(chosen, key=order.__getitem__))
