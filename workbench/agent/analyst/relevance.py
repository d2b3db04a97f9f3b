"""Which findings and objects a question means, matched by approximate names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

import msgspec

from workbench.agent.analyst.names import pieces, stem
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

SURE = 0.9  # the word is the name or a whole piece of it
_CLOSE = 0.8  # difflib ratio below which two words are different words: cart/card is 0.75
_PREFIX = 0.75
_NEAR_BEST = 0.1  # names this close to the best match of a word are meant too


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words of questions that name no object.
_ENGLISH = _split("""
a about after again all also am an and any anyone anything are at back be because been before being
broken but by can check could did do does doing down due error errors every everything explain fail
failed failing fails failure fault find fine fix for from get gets getting give go goes going gone
good got had happen happened happening happens has have having healthy hello help here how i if in
into is issue issues it its just keep keeps know last like look looking make may me might minute
minutes more morning my need no not nothing now of off ok on one or our out over please problem
problems reach reachable really reason restart restarted restarting restarts root run running runs
see seem seems should show since slow slowly so some something start started starting starts state
status still stop stopped stops take takes tell than that the their them then there these they
thing things this time to today trouble troubleshoot up us users very want was we went were what
whats when where which while who why will with won work working works would wrong yesterday you your
crash crashed crashes crashing unavailable unhealthy stuck died dying dead cause causes caused bad
first
""")
_KUBERNETES = _split("""
app application applications apps cluster clusters component configmap container containers cronjob
cronjobs daemonset deployment deployments endpoint endpoints hpa ingress job jobs k8s kubectl
kubernetes microservice namespace namespaces network networkpolicy node nodes object objects pod
pods pv pvc replica replicas replicaset rollout scheduling secret secrets server service services
statefulset statefulsets svc volume volumes workload workloads
""")
_TOPICS = _split("""
cpu cronjob disk dns endpoints evicted hpa image images ingress job jobs memory network
networkpolicy node nodes oom oomkilled pending probe probes pull pulling pv pvc quota rbac registry
rollout scheduling storage tls volume volumes certificate configmap secret
""")
_STOP = _ENGLISH | _KUBERNETES | _TOPICS


class Relevant(msgspec.Struct, frozen=True, kw_only=True):
    """What a question means.

    findings: about what it names, in the diagnosis' order.
    objects: named objects no finding is about.
    words: its words that name something here; ``unknown``: those that name nothing.
    """

    findings: tuple[Finding, ...] = ()
    objects: tuple[ObjectRef, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def name_words(question: str) -> tuple[str, ...]:
    """The words that may name something, lower case, each once."""
    found = re.findall(r"[a-z0-9][a-z0-9._/-]*[a-z0-9]|[a-z0-9]", question.lower())
    return tuple(dict.fromkeys(w for w in found if w not in _STOP and len(w) > 1))


def topic_words(question: str) -> frozenset[str]:
    """The words that say what kind of trouble is meant: ``image``, ``oom``, ``pvc``."""
    return frozenset(re.findall(r"[a-z]+", question.lower())) & _TOPICS


@lru_cache(maxsize=16_384)
def likeness(word: str, name: str) -> float:
    """How well a word of a question fits a name: 1 the same, 0.9 a piece of it, 0 unrelated."""
    name = name.lower()
    if word in (name, stem(name)):
        return 1.0
    parts = pieces(name)
    wanted = pieces(word)
    if wanted and any(parts[i : i + len(wanted)] == wanted for i in range(len(parts))):
        return SURE
    if len(word) < 4:
        return 0.0
    if any(part.startswith(word) for part in parts):
        return _PREFIX
    closest = max((_ratio(word, candidate) for candidate in (stem(name), *parts)), default=0.0)
    return closest * _CLOSE if closest >= _CLOSE else 0.0


def _ratio(one: str, other: str) -> float:
    if abs(len(one) - len(other)) > 3:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _CLOSE else 0.0


def relevant(
    question: str, findings: Iterable[Finding], objects: Iterable[ObjectRef] = ()
) -> Relevant:
    """The findings and objects the question's words name.

    Names of subjects count first, then of related objects and what messages mention (images,
    hosts), then namespaces; only without any of these the topic (``image``, ``oom``).
    """
    findings = tuple(findings)
    objects = tuple(dict.fromkeys(objects))
    meant: set[str] = set()
    named: list[ObjectRef] = []
    words: list[str] = []
    unknown: list[str] = []
    for word in name_words(question):
        hits, refs = _hits(word, findings, objects)
        meant |= hits
        named += refs
        (words if hits or refs else unknown).append(word)
    if not meant and not named:
        meant = _about_topic(topic_words(question), findings)
    return Relevant(
        findings=tuple(f for f in findings if f.id in meant),
        objects=tuple(dict.fromkeys(named)),
        words=tuple(words),
        unknown=tuple(unknown),
    )


def _hits(
    word: str, findings: tuple[Finding, ...], objects: tuple[ObjectRef, ...]
) -> tuple[set[str], list[ObjectRef]]:
    subjects = {f.id: likeness(word, f.subject.name) for f in findings}
    others = {o: likeness(word, o.name) for o in objects}
    best = max((*subjects.values(), *others.values()), default=0.0)
    if best:
        floor = best - _NEAR_BEST
        hits = {i for i, score in subjects.items() if score and score >= floor}
        taken = {f.subject for f in findings if f.id in hits}
        refs = [o for o, score in others.items() if score and score >= floor and o not in taken]
        return hits, refs
    for mentions in (_mentions, _places):
        hits = {f.id for f in findings if any(likeness(word, m) >= SURE for m in mentions(f))}
        if hits:
            return hits, []
    return set(), []


def _mentions(finding: Finding) -> tuple[str, ...]:
    said = " ".join([finding.message, *(p.value for p in finding.evidence)])
    names = re.findall(r"[a-z0-9][a-z0-9._/:-]{2,}", said.lower())
    return (*(r.name for r in finding.related), *names)


def _places(finding: Finding) -> tuple[str, ...]:
    return (finding.subject.namespace,) if finding.subject.namespace else ()


def _about_topic(topics: frozenset[str], findings: tuple[Finding, ...]) -> set[str]:
    singular = {t.rstrip("s") for t in topics}
    return {f.id for f in findings if singular & {t.rstrip("s") for t in _topic_of(f)}}


def _topic_of(finding: Finding) -> tuple[str, ...]:
    return (*pieces(finding.code), *pieces(finding.title), finding.subject.kind.lower())
