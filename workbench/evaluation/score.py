"""What an answer is worth: is the cause named, is it shown, and what did it take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from workbench.agent.analyst.names import stem
from workbench.core.budget import Usage
from workbench.core.investigation import Claim, Concluded, Conclusion, Failed, Investigation
from workbench.evaluation.cases import Case

_WELL = re.compile(
    r"\b(no (fault|problem|issue|error)s?\b|nothing (is|was|seems|looks) (wrong|broken|failing)"
    r"|(is|are|looks?|seems?|appears?( to be)?|all) (well|healthy|fine|ok)\b|healthy\b)",
    re.IGNORECASE,
)
_ILL = re.compile(r"\b(un|not )healthy\b", re.IGNORECASE)
_WORD = re.compile(r"[\w.-]+")
_NAME = re.compile(r"[\w.]*[\d_./-][\w./-]*\w")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to one scenario.

    cause: the object to blame, "" where nothing is wrong.
    contestant: the model, and the agent where one was asked.
    attempt: from 1. investigation: where it can be looked up, "" when there is none.
    right: the verdict names the object to blame, or says that nothing is wrong.
    said: share of the words that should be in it. claims: how many it makes.
    cited: share of its claims that cite evidence. shown: share of those whose evidence holds a name
    that the claim names.
    dollars: None when no price is known. why: it did not end, or has no answer, for this reason.
    """

    case: str
    cause: str = ""
    contestant: str
    attempt: int = 1
    investigation: str = ""
    right: bool = False
    said: float = 1.0
    claims: int = 0
    cited: float = 1.0
    shown: float = 1.0
    calls: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: Decimal | None = None
    seconds: float = 0.0
    verdict: str = ""
    why: str = ""


def scored(
    case: Case,
    contestant: str,
    attempt: int,
    found: Investigation,
    evidence: Mapping[str, str],
) -> Outcome:
    """What an investigation of the case was worth. ``evidence``: the texts by their labels."""
    usage, why = _spent(found)
    conclusion = found.conclusion
    if conclusion is None:
        conclusion, right = Conclusion(verdict=""), False
    else:
        right = named(case, conclusion)
    cited = [claim for claim in conclusion.claims if claim.evidence]
    return Outcome(
        case=case.name,
        cause=case.cause,
        contestant=contestant,
        attempt=attempt,
        investigation=found.label,
        right=right,
        said=_share([words.lower() in _words(conclusion) for words in case.says]),
        claims=len(conclusion.claims),
        cited=_share([bool(claim.evidence) for claim in conclusion.claims]),
        shown=_share([shown(claim, evidence) for claim in cited]),
        calls=usage.tool_calls,
        requests=usage.requests,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        dollars=usage.dollars,
        seconds=round(usage.seconds, 3),
        verdict=conclusion.verdict,
        why=conclusion.stopped or why,
    )


def named(case: Case, conclusion: Conclusion) -> bool:
    """Whether the verdict names the object to blame, by its name or its workload's; of a healthy
    cluster, whether it says that nothing is wrong."""
    verdict = conclusion.verdict
    if case.healthy:
        return bool(_WELL.search(verdict)) and not _ILL.search(verdict)
    blamed = stem(case.cause.rpartition("/")[2].lower())
    words = {word.strip(".-") for word in _WORD.findall(verdict.lower())}
    return blamed in words | set(map(stem, words))


def shown(claim: Claim, evidence: Mapping[str, str]) -> bool:
    """Whether what the claim cites holds a name that it names; true for one that names nothing."""
    names = {name.rpartition("/")[2].lower() for name in _NAME.findall(claim.text)} - {""}
    texts = [evidence.get(label, "").lower() for label in claim.evidence]
    return not names or any(name in text for name in names for text in texts)


def _words(conclusion: Conclusion) -> str:
    return "\n".join((conclusion.verdict, *(c.text for c in conclusion.claims))).lower()


def _share(held: list[bool]) -> float:
    return round(sum(held) / len(held), 4) if held else 1.0


def _spent(found: Investigation) -> tuple[Usage, str]:
    """What it took, and why it has no answer."""
    for step in reversed(found.steps):
        if isinstance(step, Concluded):
            return step.usage, ""
        if isinstance(step, Failed):
            return step.usage, step.reason
    return Usage(), "it did not end"
