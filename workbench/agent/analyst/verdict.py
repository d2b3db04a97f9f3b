"""The sentence that answers first: what is wrong and where, since when, why, and what it breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.agent.analyst.case import Case, Lead, workload_of
from workbench.agent.analyst.chain import Reason, began_with
from workbench.agent.analyst.names import same_family, stem
from workbench.agent.analyst.phrases import (
    brief,
    broken,
    enumerated,
    headed,
    one_line,
    shortened,
    since,
)
from workbench.agent.analyst.revisions import in_words
from workbench.analyzers.ranking.roles import HARMLESS_ALONE
from workbench.core.characters import visible
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding
from workbench.core.incident import ASIDE

_SPAN = re.compile(r"\b(?:in|for|after|has waited) \d+ (?:s|min|h|days)\b")
_UNDERSTOOD = re.compile(
    r"\b(?:log says|logs) that |\bruns, but (?!its log repeats|answers \d|a peer answers)"
)  # what the line means; its words come after
_READ_AT_ONCE = 330
"""So many letters of a verdict are read at once; a line of a log that would make it longer stands
in the claims only."""
_BESIDE = 140
_ALIKE = 40  # letters after which a quotation says what stands there already
_RELEASE = re.compile(r"(?:rollout|deploy|upgrade|release)(?:s|ed)?")
_SUFFERS = tuple(
    map(
        re.compile,
        (r"\blog says that (?P<how>[^;]+)", r" runs, but (?!answers )(?P<how>[^;]+)",
         r"(?:probe of .+?|image .+?) (?P<how>(?:fails|cannot be): .+)", r"(?P<how>cannot be .+)"),
    )
)  # fmt: skip
_SAY_NOT_WHAT_BREAKS = HARMLESS_ALONE | {"NODE_CORDONED", "NODE_SUSPECT"}
_HOW = 160  # letters of it
_AVAILABLE = re.compile(
    r"\b\d+ of \d+ replicas? (?:is|are) available|\bpods on \d+ of \d+ nodes are ready"
)


def verdict(main: Lead, why: Reason | None, others: tuple[Lead, ...], case: Case) -> str:
    """What main comes to in one sentence.

    why: what an answer quotes as the reason; others: causes beside main, the first of which is
    named at the end."""
    cause, owner = main.cause, workload_of(main) or main.cause.subject
    explained = why is not None and why.variable is None and _is_understood(cause)
    text = _what_is_wrong(main, owner, case, quoted=why is not None and not explained)
    if why is not None and not explained and not _told(why, text):
        text += f" because {why.text}"
    text += _share(main, owner)
    text += _with_release(main, case)
    text += _what_breaks(main, owner, case, text)
    if why is not None and explained and len(text) + len(why.text) < _READ_AT_ONCE:
        text += f". {why.text[:1].upper()}{why.text[1:]}"
    text += _beside(cause, others)
    return f"{text.rstrip('.')}."


def _is_understood(cause: Finding) -> bool:
    """Whether the finding says what the line of the log means; the line's own words come last."""
    return bool(_UNDERSTOOD.search(cause.message))


def _what_is_wrong(main: Lead, owner: ObjectRef, case: Case, quoted: bool) -> str:
    cause = main.cause
    text = headed(cause, quoted=quoted)
    if owner != cause.subject and cause.subject.kind == "Pod":
        text = _of_workload(text, cause.subject, owner)
    began = "" if "since" in text else since(cause, case.now)
    if began:
        text += f" ({began if not _SPAN.search(text) else began.partition(',')[0]})"
    return text


def _of_workload(text: str, subject: ObjectRef, owner: ObjectRef) -> str:
    """About the workload instead of one of its pods; a member of a StatefulSet keeps its name."""
    said = text.removeprefix(f"{subject}: ")
    member = owner.kind == "StatefulSet"
    if said.startswith(f"{subject} "):
        which = f"its pod {subject.name}" if member else "its pod"
        said = f"{which} {said.removeprefix(f'{subject} ')}"
    return f"{owner}: {said if member else said.replace(subject.name, stem(subject.name))}"


def _told(why: Reason, text: str) -> bool:
    return (why.variable is not None and why.variable.name in text) or _repeats(why.text, text)


def _repeats(quoted: str, text: str) -> bool:
    """The line is quoted in the text already, save for its digits."""
    bare = ["".join(c for c in s.lower() if c.isalpha()) for s in (quoted, text)]
    line = bare[0].partition("says")[2]
    return any(line[at : at + _ALIKE] in bare[1] for at in range(0, max(len(line) - _ALIKE, 1), 10))


def _share(main: Lead, owner: ObjectRef) -> str:
    """How much is left of what fails only in part: ``; 3 of 4 replicas are available``."""
    parts = (f for f in main.symptoms if f.code == "WORKLOAD_DEGRADED")
    own = next((f for f in parts if same_family(f.subject, owner)), None)
    said = _AVAILABLE.search(own.message) if own else None
    return f"; {said[0]}" if said else ""


def _with_release(main: Lead, case: Case) -> str:
    """What the release is that it began with, where the question asks about one."""
    known = began_with(main, case)
    if known is None or not any(_RELEASE.fullmatch(word) for word in case.meant.topics):
        return ""
    changed = in_words(known.newest)
    what = f" ({visible(changed)})" if changed else ""
    return f"; it began with revision {known.newest.number} of {known.workload}{what}"


def _what_breaks(main: Lead, owner: ObjectRef, case: Case, text: str) -> str:
    """Those who suffer and are not named in the text yet; first those that were asked about."""
    hit = (f for f in main.symptoms if not _only_reports(f, main.cause))
    asked = sorted(hit, key=lambda f: f not in case.meant.findings)
    broke = broken(asked, (main.cause.subject, owner))
    suffering = [ref for ref in broke if str(ref) not in text]
    if not suffering:
        return ""
    return f"; this breaks {enumerated([str(r) for r in suffering])}{_how(main, suffering)}"


def _only_reports(symptom: Finding, cause: Finding) -> bool:
    """Whether it is a controller's log that names the resource which is not well."""
    about = symptom.code == "LOG_ERRORS" and cause.code == "RESOURCE_NOT_READY"
    return about and any(cause.subject.name in p.value for p in symptom.evidence)


def _how(main: Lead, suffering: Sequence[ObjectRef]) -> str:
    """What those who suffer say of it, where the cause alone leaves that open."""
    if main.cause.code not in _SAY_NOT_WHAT_BREAKS:
        return ""
    theirs = [one_line(f.message) for f in main.symptoms]
    found = (m["how"] for words in _SUFFERS for told in theirs if (m := words.search(told)))
    said = next(found, "")
    return f": {shortened(said.strip(), _HOW)}" if said else ""


def _beside(cause: Finding, others: tuple[Lead, ...]) -> str:
    aside = tuple(x for x in others if not same_family(x.cause.subject, cause.subject))
    if not aside:
        return ""
    also = shortened(brief(aside[0].cause, workload_of(aside[0])), _BESIDE)
    more = f" and {len(aside) - 1} more" if len(aside) > 1 else ""
    return f"{ASIDE}{also}{more}"
