"""Why a conclusion is sent back to the model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.agent.answers import Answer
from workbench.agent.disguise import Disguise
from workbench.agent.output import CONCLUDE, ConclusionForm, conclusion
from workbench.agent.quotation import unsupported
from workbench.core.investigation import Claim

Output = ConclusionForm | str


def objection(output: Output, known: frozenset[str], answers: Sequence[Answer] = ()) -> str:
    """Why a conclusion is sent back to the model; "" when it is not."""
    if isinstance(output, str):
        return f"Give the conclusion by calling `{CONCLUDE}`, with evidence for each claim."
    return unfounded(conclusion(output).claims, known, answers)


def unfounded(claims: Sequence[Claim], known: frozenset[str], answers: Sequence[Answer]) -> str:
    """The first fault of claims that cite or quote what is not there; "" when there is none."""
    missing = sorted({label for claim in claims for label in claim.evidence} - known)
    if missing:
        have = ", ".join(sorted(known)) or "none"
        return (
            f"No result here is labelled {', '.join(missing)}. Labels that "
            f"exist: {have}. Cite only these; a claim without evidence is shown as a hypothesis."
        )
    for claim in claims:
        quote = unsupported(claim, answers)
        if quote:
            return (
                f"What you quote, {quote!r}, does not stand in {', '.join(claim.evidence)}. Quote "
                "what the result says, cite the one that says it, or leave the evidence empty: "
                "then the claim is shown as a hypothesis."
            )
    return ""


def revealed(output: Output, disguise: Disguise) -> Output:
    """What a model concluded, with the names in it."""
    if isinstance(output, str):
        return disguise.reveal(output)
    return ConclusionForm.model_validate(disguise.reveal_value(output.model_dump()))


def written_call(text: str, tools: Sequence[str]) -> str:
    """The tool a text calls in words, where calls should have been calls; "" when it does not.

    A server that was not told how its model writes calls hands them on as text.
    """
    named = re.findall(r"[\"']?(?:name|function|tool)[\"']?\s*[:=]\s*[\"']([\w-]+)[\"']", text)
    return next((name for name in named if name in tools), "")
