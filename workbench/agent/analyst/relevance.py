"""Which findings and objects a question means, matched by approximate names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from workbench.agent.analyst.matching import PREFIX, SURE, Names
from workbench.agent.analyst.names import workload
from workbench.agent.analyst.phrases import WORKLOADS
from workbench.agent.analyst.software import is_software, is_such
from workbench.agent.analyst.strangers import used_as_names
from workbench.agent.analyst.topics import about_topics, asks_for_health, is_topic, topic_words
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding

_NEAR_BEST = 0.1  # names this close to the best match of a word are meant too
_TYPED_WORDS = 60  # a question of more words is a paste, whose names are spelled as they are


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
partial partially intermittent degraded performance unhealthy died dying dead cause causes
caused bad somewhere anywhere hour hours day days week changed change changes new newly which
around between shows shown showing written write writes lose loses lost stands fail users logged
log logs data site website available nothing never sometimes often half part parts many
become becomes ready arrive arrives missing stale wrongly partly rather quite really people team
processed process delivered finish finishes finished complete completed appear appears load loads
dropped drops throughput report reported reports complain complains complaining notice noticed
observed observe investigate investigation determine identify diagnose analyze analyse find locate
root incident alert alerts fires fired firing outage behaviour behavior rate increased increase
spike spikes elevated rising rise higher lower reduced reduce seeing seen
currently overall loading serving answering responding getting seeing experiencing high
second several background first last other others same another
one two three four five six seven eight nine ten eleven twelve noon midnight morning afternoon
evening tonight monday tuesday wednesday thursday friday saturday sunday weekend give gives quick
customers customer requests request traffic call calls calling http https status code
first
""")
_KUBERNETES = _split("""
app application applications apps cluster clusters component configmap container containers cronjob
cronjobs daemonset deployment deployments endpoint endpoints hpa ingress job jobs k8s kubectl
kubernetes microservice namespace namespaces network networkpolicy node nodes object objects pod
pods pv pvc replica replicas replicaset rollout scheduling secret secrets server service services
statefulset statefulsets svc volume volumes workload workloads
""")
_OTHER_LANGUAGES = _split("""
warum wieso weshalb wer wie was wo wann ist sind geht gehen nicht nichts kein keine der die das den
dem des ein eine einen und oder mit ohne von vom zu zum zur im am an auf für bei kaputt langsam
fehler problem los mehr noch seit läuft startet pourquoi est sont ne pas le la les un une des en
marche lent dans por qué que está no funciona el los las una del en perché non funziona è il lo
""")
_STOP = _ENGLISH | _KUBERNETES | _OTHER_LANGUAGES
_TIME_OF_DAY = re.compile(
    r"\b\d{1,2}:\d\d(?::\d\d)?(?:z|am|pm)?\b|\b\d{1,2} ?(?:am|pm)\b|\b(?:utc|gmt)\b"
)
_CONTRACTED = re.compile(r"\b\w+n['’]t\b|['’](?:s|re|ve|ll|d|m)\b")
IN_NAMESPACE = re.compile(
    r"(?:\bnamespaces?|\bns|(?<!\S)-n|--namespace)[ =:]+[`'\"]?([a-z0-9][a-z0-9-]*)"
    r"|\b([a-z0-9][a-z0-9-]*)[`'\"]?[ -](?:namespace|ns)\b",
)
"""Where a question names a namespace as such; lower case."""


class Relevant(msgspec.Struct, frozen=True, kw_only=True):
    """What a question means.

    findings: about what it names, in the diagnosis' order.
    objects: named objects no finding is about.
    words: its words that name something here; ``unknown``: those that name nothing, of which
        ``strangers`` are used as names.
    namespaces: those it names; then ``findings`` are what is wrong in them.
    topics: its words for a kind of trouble (``503``).
    guessed: words that are no name here, each with the object they were taken for; ``misnamed``
        are those of them that are used as names.
    """

    findings: tuple[Finding, ...] = ()
    objects: tuple[ObjectRef, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    guessed: tuple[tuple[str, ObjectRef], ...] = ()
    misnamed: tuple[str, ...] = ()


def name_words(question: str) -> tuple[str, ...]:
    """The words that may name something, lower case, each once."""
    question = _CONTRACTED.sub(" ", _TIME_OF_DAY.sub(" ", question.lower()))
    found = re.findall(r"[^\W_][\w./-]*[^\W_]|[^\W_]", question)
    candidates = dict.fromkeys(w for w in found if w not in _STOP and len(w) > 1)
    return tuple(w for w in candidates if not is_topic(w) and re.search(r"[a-z0-9]", w))


def relevant(
    question: str, findings: Iterable[Finding], objects: Iterable[ObjectRef] = ()
) -> Relevant:
    """The findings and objects the question's words name.

    Names of subjects count first, then of related objects and what messages mention (images,
    hosts). Namespaces and topics (``image``, ``503``) narrow what is meant when nothing is named.
    """
    findings = tuple(findings)
    objects = tuple(dict.fromkeys(objects))
    topics = topic_words(question)
    places = _namespaces(question, findings, objects)
    words = (*name_words(question), *_exact(question, (*(f.subject for f in findings), *objects)))
    words = tuple(w for w in dict.fromkeys(words) if w not in places)
    named = _Named(findings, objects, words, exactly=asks_for_health(question))
    meant = named.findings or _narrowed(findings, places, topics, named.refs)
    return Relevant(
        findings=tuple(f for f in findings if f.id in meant),
        objects=tuple(dict.fromkeys(named.refs)),
        words=(*named.words, *places),
        unknown=tuple(named.unknown),
        strangers=used_as_names(question, named.unknown),
        namespaces=places,
        topics=topics,
        guessed=tuple(named.guessed.items()),
        misnamed=used_as_names(question, named.guessed),
    )


class _Named:
    """What each word names: findings by id, objects, or nothing. exactly: what is called just so is
    meant alone, and not what is called alike too, which a complaint may be about."""

    def __init__(
        self,
        findings: tuple[Finding, ...],
        objects: tuple[ObjectRef, ...],
        words: tuple[str, ...],
        *,
        exactly: bool = False,
    ) -> None:
        self.findings: set[str] = set()
        self.refs: list[ObjectRef] = []
        self.words: list[str] = []
        self.unknown: list[str] = []
        self.guessed: dict[str, ObjectRef] = {}
        here = _Here(findings, objects, spelled=len(words) > _TYPED_WORDS)
        near = 0.0 if exactly else _NEAR_BEST
        for word in words:
            hits, refs, guess = here.meant(word, near)
            self.findings |= hits
            self.refs += refs
            (self.words if hits or refs else self.unknown).append(word)
            if guess is not None:
                self.guessed[word] = guess


def _narrowed(
    findings: tuple[Finding, ...],
    places: tuple[str, ...],
    topics: tuple[str, ...],
    refs: list[ObjectRef],
) -> set[str]:
    """What is wrong in the named namespaces or of the kind asked about."""
    if refs or not (places or topics):
        return set()
    inside = tuple(f for f in findings if not places or f.subject.namespace in places)
    about = about_topics(topics, inside)
    return about or ({f.id for f in inside} if places else set())


def _exact(question: str, refs: Iterable[ObjectRef]) -> tuple[str, ...]:
    """Words that are the very name of a workload here, common as they may be elsewhere."""
    names = {workload(r) for r in refs if r.kind in WORKLOADS}
    return tuple(w for w in re.findall(r"[a-z0-9][a-z0-9-]*", question.lower()) if w in names)


def _namespaces(
    question: str, findings: tuple[Finding, ...], objects: tuple[ObjectRef, ...]
) -> tuple[str, ...]:
    """Namespaces the question names, as such or by a name that no workload has."""
    refs = (*(f.subject for f in findings), *objects)
    known = {r.name if r.kind == "Namespace" else r.namespace for r in refs} - {""}
    workloads = {workload(r) for r in refs if r.kind not in _NOT_ASKED_BY_NAME}
    said = {w for pair in IN_NAMESPACE.findall(question.lower()) for w in pair if w}
    words = [w for w in name_words(question) if w in known]
    return tuple(w for w in words if w in said or w not in workloads)


# Kinds that often bear the name of their namespace, which is then the one meant.
_NOT_ASKED_BY_NAME = frozenset({"Ingress", "Namespace", "HTTPRoute", "Gateway", "ResourceQuota"})


class _Here:
    """Everything that has a name here; ``spelled`` as for Names."""

    def __init__(
        self, findings: tuple[Finding, ...], objects: tuple[ObjectRef, ...], *, spelled: bool
    ) -> None:
        self._findings, self._objects = findings, objects
        self._called: dict[str, list[ObjectRef]] = defaultdict(list)
        for ref in dict.fromkeys((*(f.subject for f in findings), *objects)):
            self._called[ref.name].append(ref)
        self._names = Names(self._called, spelled=spelled)
        self._mentioned: dict[str, set[str]] = defaultdict(set)
        for finding in findings:
            for name in _mentions(finding):
                self._mentioned[name].add(finding.id)
        self._mentions = Names(self._mentioned, spelled=True)

    def meant(
        self, word: str, near: float = _NEAR_BEST
    ) -> tuple[set[str], list[ObjectRef], ObjectRef | None]:
        """Findings and objects of that name, and which one a word that is no name was taken for.
        near: how much worse than the best one a name may fit."""
        scores = self._scores(word)
        best = max(scores.values(), default=0.0)
        said = [name for name, score in self._mentions.like(word).items() if score >= SURE]
        mentioned = {id for name in said for id in self._mentioned[name]}
        if best >= PREFIX or (best and not mentioned):
            floor = best - near
            close = {ref for ref, score in scores.items() if score >= floor}
            about = [f for f in self._findings if f.subject in close]
            taken = {f.subject for f in about}
            refs = [o for o in self._objects if o in close and o not in taken]
            guess = (
                next(iter((*(f.subject for f in about), *refs)), None) if best < PREFIX else None
            )
            return {f.id for f in about}, refs, guess
        return mentioned, [], None

    def _scores(self, word: str) -> dict[ObjectRef, float]:
        """How well a word fits each object that it fits; ``shop/web`` is the one in that namespace,
        and the database whatever workload is one."""
        namespace, _, name = word.rpartition("/")
        scores = {
            ref: score
            for called, score in self._names.like(name).items()
            for ref in self._called[called]
            if not namespace or namespace in (ref.namespace, ref.kind.lower())
        }
        for ref in self._programs() if is_software(name) and not namespace else ():
            if is_such(word, workload(ref)):
                scores[ref] = max(scores.get(ref, 0.0), SURE)
        return scores

    def _programs(self) -> Iterable[ObjectRef]:
        return (r for refs in self._called.values() for r in refs if r.kind not in _NO_PROGRAMS)


_NO_PROGRAMS = frozenset({"ConfigMap", "Secret", "Node", "Namespace", "ServiceAccount"})


def _mentions(finding: Finding) -> tuple[str, ...]:
    said = " ".join([finding.message, *(p.value for p in finding.evidence)])
    names = re.findall(r"[a-z0-9][a-z0-9._/:-]{2,}", said.lower())
    hosts = [n.partition("/")[0].rstrip(".:") for n in names]
    return (*(r.name for r in finding.related), *names, *hosts)
