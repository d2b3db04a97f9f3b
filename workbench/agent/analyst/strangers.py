"""Words that a question uses as a name, and what here is called nearly so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import pairwise

from workbench.agent.analyst.names import pieces, workload
from workbench.core.cluster import ObjectRef

_KIND = (
    r"(?:micro)?services?|apps?|applications?|svc|deployments?|deploy|statefulsets?|sts|daemonsets?"
    r"|pods?|containers?|cronjobs?|jobs?|nodes?|components?|workloads?|ingress(?:es)?|configmaps?"
    r"|secrets?|pvcs?|namespaces?|ns"
)
_WORD = r"[`'\"“]?([a-z0-9][\w.-]*[a-z0-9])[`'\"”]?"
_WHO_DOES = (
    rf"\b(?:why|what|how|is|are|when)(?:'s| is| are| was| has| does| did| isn't| won't)?"
    rf" (?:wrong with |up with |happening with )?(?:the |our |my )?{_WORD}"
)
_PLACES = (
    rf"\b(?:{_KIND}) (?:called |named )?{_WORD}",
    rf"\b(?:the|our|my) {_WORD}[ -](?:{_KIND})\b",
    rf"\b(?:about|namespace|ns)[ =:]+(?:the |our |my )?{_WORD}",
    r"[`'\"“]([\w./-]+)[`'\"”]",
)
"""Where a question puts the name of something: beside its kind, as who does, in quotes."""
_DOES = re.compile(r"\w{2,}(?:ed|ly|own|ays)")
"""What is done and how: ``why are logins thrown out`` asks about nothing called thrown."""
_LOOKS_NAMED = re.compile(r"[.\d/_-]")
NEAR = 0.65
"""difflib ratio from which a name is offered instead of one that is not here."""
_OFFERED = 3


def used_as_names(question: str, words: Iterable[str]) -> tuple[str, ...]:
    """Those of the words that stand where names stand or are spelled like one, and those that go
    with them (``login page``)."""
    lower, words = question.lower(), tuple(words)
    named = {w for place in _PLACES for w in re.findall(place, lower)}
    said = named | {w for w in re.findall(_WHO_DOES, lower) if not _DOES.fullmatch(w)}
    found = {w for w in words if (w in said or _LOOKS_NAMED.search(w)) and not w.isdigit()}
    beside = {b for a, b in pairwise(re.findall(r"[\w.-]+", lower)) if a in found}
    return tuple(w for w in words if w in found | beside)


def nearest(word: str, objects: Iterable[ObjectRef]) -> tuple[str, ...]:
    """Names of workloads and Services that are spelled most like the word, the nearest first."""
    names = dict.fromkeys(workload(ref) for ref in objects)
    near = {name: _nearness(word, name) for name in names}
    best = sorted((n for n in near if near[n] >= NEAR), key=lambda n: (-near[n], n))
    return tuple(best[:_OFFERED])


def _nearness(word: str, name: str) -> float:
    """How alike the word is to the name, to its beginning or to one of its pieces."""
    parts = (name, name[: len(word)], *pieces(name))
    return max(SequenceMatcher(None, word, part, autojunk=False).ratio() for part in parts)
