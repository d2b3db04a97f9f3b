"""The form a model fills in to conclude, and the conclusion it becomes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from workbench.core.cluster import Gap
from workbench.core.investigation import Claim, Conclusion, Confidence

CONCLUDE = "conclude"  # the name of the output tool


class ClaimForm(BaseModel):
    """One link of the chain from cause to symptom."""

    text: str = Field(description="One sentence stating one fact.")
    evidence: list[str] = Field(
        default=[],
        description="Labels of the tool results that show it, as in evidence=\"E7\": ['E7'].",
    )


class GapForm(BaseModel):
    """Something that could not be looked at."""

    what: str
    why: str


class ConclusionForm(BaseModel):
    """Give the conclusion of the investigation. Ends it."""

    verdict: str = Field(
        description="One sentence: which object is the root cause, why, and what that breaks."
    )
    confidence: Literal["high", "medium", "low"] = "medium"
    claims: list[ClaimForm] = Field(
        default=[], description="From root cause to symptom, cause first, each citing evidence."
    )
    ruled_out: list[str] = Field(
        default=[], description="What was looked at and dismissed, with the reason."
    )
    also_wrong: list[str] = Field(
        default=[], description="Other faults that are real and do not explain the question."
    )
    not_checked: list[GapForm] = []
    next_steps: list[str] = Field(
        default=[], description="Exact kubectl commands or actions, likeliest first."
    )


def conclusion(output: ConclusionForm | str) -> Conclusion:
    """The form as the workbench's noun; plain words become a verdict that claims nothing."""
    if isinstance(output, str):
        return Conclusion(verdict=output.strip(), confidence=Confidence.LOW)
    return Conclusion(
        verdict=output.verdict,
        confidence=Confidence(output.confidence),
        claims=tuple(Claim(text=c.text, evidence=tuple(c.evidence)) for c in output.claims),
        ruled_out=tuple(output.ruled_out),
        also_wrong=tuple(output.also_wrong),
        not_checked=tuple(Gap(g.what, g.why) for g in output.not_checked),
        next_steps=tuple(output.next_steps),
    )
