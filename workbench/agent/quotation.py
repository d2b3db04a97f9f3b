"""Whether what a claim quotes stands in the evidence it cites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from workbench.agent.answers import Answer
from workbench.core.characters import visible
from workbench.core.investigation import Claim, Conclusion, check_each

SHORTEST = 8  # characters: `web`, "yes" or a bare number stand in everything
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`")
_PARTS = re.compile(r"…|\.\.\.|\[[^\]]*\]")
_WORDS = re.compile(r"[^\s/,:;=(){}\[\]\"'`]+")


def quotes(text: str) -> Iterator[str]:
    """What stands in quotation marks or backticks, cut where something is left out."""
    for found in _QUOTED.finditer(text):
        whole = next(group for group in found.groups() if group)
        yield from (part.strip() for part in _PARTS.split(whole) if len(part.strip()) >= SHORTEST)


def unsupported(claim: Claim, answers: Iterable[Answer]) -> str:
    """The first quotation of the claim that none of its evidence holds; "" when all is there.

    A claim that cites nothing is a hypothesis already and passes. Words count, and not what stands
    between them: ``shop/web`` is held by a result that names both.
    """
    wanted = list(quotes(claim.text))
    if not wanted or not claim.evidence:
        return ""
    cited = [a for a in answers if _about(a) & set(claim.evidence)]
    said = _squeezed(" ".join(_whole(answer) for answer in cited))
    return next((quote for quote in wanted if not _holds(said, quote)), "")


def checked(found: Conclusion, known: frozenset[str], answers: Iterable[Answer] = ()) -> Conclusion:
    """The conclusion with what its evidence does not bear out marked as hypotheses."""
    return msgspec.structs.replace(found, claims=supported(found.claims, known, answers))


def supported(
    claims: Iterable[Claim], known: frozenset[str], answers: Iterable[Answer] = ()
) -> tuple[Claim, ...]:
    """The claims, those that their evidence does not bear out as hypotheses."""
    answers = tuple(answers)
    shown = (
        msgspec.structs.replace(claim, evidence=()) if unsupported(claim, answers) else claim
        for claim in claims
    )
    return check_each(shown, known)


def _about(answer: Answer) -> set[str]:
    """The labels it is evidence under: its own, and that of the call whose record it read."""
    read = answer.arguments.get("id") if answer.remote_name == "read" else None
    return {answer.evidence, str(read)} if read else {answer.evidence}


def _whole(answer: Answer) -> str:
    parts = (answer.arguments, answer.data)
    return " ".join((answer.text, *(msgspec.json.encode(p).decode() for p in parts if p)))


def _holds(said: str, quote: str) -> bool:
    words = _squeezed(quote)
    return words in said or all(word in said for word in _WORDS.findall(words))


def _squeezed(text: str) -> str:
    """Without case, hidden characters and the way of breaking lines."""
    return " ".join(visible(text).casefold().replace('\\"', '"').split())
