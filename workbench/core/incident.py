"""Incidents: what happened, what a person said it was, and which earlier ones are like it.

Only closed incidents teach anything: what an investigation concluded and nobody confirmed does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from uuid import UUID

import msgspec

from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding, Severity
from workbench.core.investigation import Conclusion
from workbench.core.knowledge import searchable

ASIDE = ". Separately: "
"""How a verdict begins what has nothing to do with the question."""
SIGNATURE = 100
"""Characters of a log line that tell it apart from others."""
WEIGHTS = {"object": 3.0, "log": 3.0, "code": 2.0, "root": 2.0, "word": 0.5}
"""What sharing one of each says: the same object or log line more than the same kind of fault, and
the same cause more than the same symptom."""
REASONS_MOST = 3
WORDS_MOST = 8
LEAST = 2.0
"""Of two incidents that are alike at all: one finding code, or four words."""

_NUMBER = re.compile(r"\b0x[0-9a-f]+\b|\b[0-9a-f-]{8,}\b|\d+", re.IGNORECASE)
_POD_SUFFIX = re.compile(r"(-[a-z0-9]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$|-\d+$")
_WORD = re.compile(r"[a-z][a-z-]{3,}")
_COMMON = frozenset({
    "this", "that", "with", "from", "have", "were", "been", "when", "what", "which", "after",
    "before", "because", "there", "their", "they", "them", "does", "into", "only", "than", "then",
    "also", "some", "more", "most", "other", "about", "would", "could", "should", "again", "still",
    "cluster", "kubernetes", "incident", "problem", "error", "service", "pods", "node",
})  # fmt: skip


class Outcome(Enum):
    """What became of it. PASSED: it went away by itself."""

    FIXED = "fixed"
    MITIGATED = "mitigated"
    PASSED = "passed"
    UNFIXED = "unfixed"


class IncidentNote(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    author: str
    text: str


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident. ``owner``: None when everybody may see it.

    investigations: labels (``INV-3``) of those attached.
    features: ``root:…``, ``code:…``, ``object:…`` and ``log:…``; see ``features``.
    cause, fix, outcome, closed_by: said by the person who closed it; empty before.
    """

    id: UUID
    number: int
    title: str
    opened_by: str
    opened_at: datetime
    namespace: str = ""
    owner: UUID | None = None
    closed_by: str = ""
    closed_at: datetime | None = None
    cause: str = ""
    fix: str = ""
    outcome: Outcome | None = None
    features: tuple[str, ...] = ()
    investigations: tuple[str, ...] = ()
    notes: tuple[IncidentNote, ...] = ()

    @property
    def label(self) -> str:
        return f"INC-{self.number}"

    @property
    def text(self) -> str:
        """Its words, for likeness and search."""
        return "\n".join([self.title, self.cause, self.fix, *(n.text for n in self.notes)])


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier incident and why it is like this one: what both have."""

    incident: Incident
    score: float
    why: tuple[str, ...]


def features(findings: Sequence[Finding], conclusion: Conclusion | None = None) -> tuple[str, ...]:
    """What an incident is found by: the codes, objects and log lines of the faults that the
    conclusion rests on, and of what they explain. Other faults of the cluster are not its own.

    Without a conclusion, of every fault. ``root:`` is the code of a fault that nothing explains.
    """
    faults = [f for f in findings if f.severity >= Severity.WARNING]
    told: dict[str, None] = {}
    for finding in rests_on(conclusion, faults) if conclusion else faults:
        if finding.root_cause:
            told[f"root:{finding.code}"] = None
        told[f"code:{finding.code}"] = None
        told[f"object:{_object(finding.subject)}"] = None
        for pointer in finding.evidence:
            if pointer.path.startswith("log "):
                told[f"log:{signature(pointer.value)}"] = None
    return tuple(told)


def rests_on(conclusion: Conclusion, findings: Sequence[Finding]) -> list[Finding]:
    """The root causes whose object the verdict names, or else a claim, with what they explain;
    where no cause is named, the findings that are. What a verdict tells apart is left out."""
    said = conclusion.verdict.partition(ASIDE)[0]
    for text in (said, "\n".join(claim.text for claim in conclusion.claims)):
        named = [f for f in findings if _names(text, f.subject)]
        if named:
            return _explained([f for f in named if f.root_cause] or named, findings)
    return []


def _explained(causes: Sequence[Finding], findings: Sequence[Finding]) -> list[Finding]:
    """The causes and whatever follows from them, in the order of ``findings``."""
    known = {f.id: f for f in findings}
    kept = dict.fromkeys(f.id for f in causes)
    waiting = list(causes)
    while waiting:
        new = [i for i in waiting.pop().explains if i in known and i not in kept]
        kept.update(dict.fromkeys(new))
        waiting += [known[i] for i in new]
    return [f for f in findings if f.id in kept]


def _names(text: str, ref: ObjectRef) -> bool:
    """Whether the text names the object: with its namespace, or where it says none."""
    for name in {ref.name, _object(ref).rpartition("/")[2]}:
        found = re.finditer(rf"(?:([\w.-]+)/)?(?<![\w.-]){re.escape(name)}(?![\w-])", text)
        if any(m[1] in (None, ref.namespace, ref.kind, ref.kind.lower()) for m in found):
            return True
    return False


def signature(line: str) -> str:
    """A log line without what differs every time: numbers, ids and times."""
    return " ".join(_NUMBER.sub("#", line.lower()).split())[:SIGNATURE]


def similar(
    text: str, found: Sequence[str], earlier: Iterable[Incident], limit: int = 5
) -> tuple[Similar, ...]:
    """The closed incidents most like one with that text and those features, with the reasons."""
    words = _words(text)
    alike = [one for i in earlier if i.closed_at and (one := _likeness(words, found, i))]
    return tuple(sorted(alike, key=lambda s: (-s.score, -s.incident.number))[:limit])


def _likeness(words: frozenset[str], found: Sequence[str], one: Incident) -> Similar | None:
    shared = [feature for feature in found if feature in one.features]
    common = sorted(words & _words(one.text))[:WORDS_MOST]
    score = sum(WEIGHTS[f.partition(":")[0]] for f in shared) + len(common) * WEIGHTS["word"]
    if score < LEAST:
        return None
    return Similar(incident=one, score=score, why=tuple(_reasons(shared, common)))


def _reasons(shared: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    """A few, each kind in one: fingerprints of log lines are counted, not shown."""
    for kind, told in (("code", "both have"), ("object", "the same object")):
        own = [f.partition(":")[2] for f in shared if f.startswith(f"{kind}:")]
        if own:
            yield f"{told}: {', '.join(own[:REASONS_MOST])}{' …' if own[REASONS_MOST:] else ''}"
    if any(f.startswith("log:") for f in shared):
        yield "the same log line"
    if words:
        yield f"the same words: {', '.join(words)}"


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(searchable(text).lower())) - _COMMON


def _object(ref: ObjectRef) -> str:
    """``shop/checkout``: of a pod the workload's name, so that the next pod is the same."""
    name = _POD_SUFFIX.sub("", ref.name) if ref.kind == "Pod" else ref.name
    return f"{ref.namespace}/{name}" if ref.namespace else f"{ref.kind}/{name}"
