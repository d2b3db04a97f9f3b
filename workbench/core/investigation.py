"""An investigation is a question, a scope and an append-only list of steps.

Status and conclusion are folded from the steps; nothing about an investigation is stored twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

from workbench.core.budget import Usage
from workbench.core.cluster import Gap, Scope
from workbench.core.findings import Finding


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of a conclusion and the evidence labels it rests on.

    A claim that cites nothing that exists is a hypothesis; see ``check_claims``.
    """

    text: str
    evidence: tuple[str, ...] = ()
    hypothesis: bool = False


class Confidence(Enum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """What an investigation came to.

    verdict: one sentence a tired person can act on.
    claims: the chain from cause to symptom, cause first.
    ruled_out: what was considered and is not the reason. also_wrong: faults that are real and have
        nothing to do with the question.
    next_steps: exact commands or actions, likeliest first.
    stopped: which limit ended it before the model did, "" when none.
    """

    verdict: str
    confidence: Confidence = Confidence.MEDIUM
    claims: tuple[Claim, ...] = ()
    ruled_out: tuple[str, ...] = ()
    also_wrong: tuple[str, ...] = ()
    not_checked: tuple[Gap, ...] = ()
    next_steps: tuple[str, ...] = ()
    stopped: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True, tag="asked"):
    """``key`` is the same for every asking of the same thing; see ``investigations.reuse``.

    agent: the name of the agent that was asked, "" for the investigator.
    """

    at: datetime
    question: str
    scope: Scope = Scope()
    model: str = ""
    cluster: str = ""
    user: str = ""
    key: str = ""
    agent: str = ""


class ToolCalled(msgspec.Struct, frozen=True, kw_only=True, tag="tool_called"):
    """A call is about to be made. ``call_id`` joins it to its answer. ``agent``: the specialist who
    makes it, "" for the one that was asked; the same in the steps below."""

    at: datetime
    call_id: str
    tool: str
    arguments: dict[str, Any]
    agent: str = ""


class ToolAnswered(msgspec.Struct, frozen=True, kw_only=True, tag="tool_answered"):
    """The call came back, or not. ``summary`` is one line for the screen."""

    at: datetime
    call_id: str
    tool: str
    evidence: str = ""
    summary: str = ""
    failed: bool = False
    duration_ms: float = 0.0
    agent: str = ""


class FindingsRaised(msgspec.Struct, frozen=True, kw_only=True, tag="findings_raised"):
    at: datetime
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...] = ()
    evidence: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """The model's own words between calls. Those of ``WORKBENCH`` are about the run itself."""

    at: datetime
    text: str
    agent: str = ""


WORKBENCH = "workbench"


class ModelAnswered(msgspec.Struct, frozen=True, kw_only=True, tag="model_answered"):
    """What one answer of a model cost. ``usage.dollars`` is None when its price is not known."""

    at: datetime
    model: str
    usage: Usage
    agent: str = ""


class Noted(msgspec.Struct, frozen=True, kw_only=True, tag="noted"):
    """A person's own words: a note, or a hypothesis with what became of it.

    standing: of a hypothesis ``open``, ``confirmed`` or ``refuted``; "" for a note.
    evidence: labels it rests on.
    """

    at: datetime
    text: str
    user: str = ""
    standing: str = ""
    evidence: tuple[str, ...] = ()


class Concluded(msgspec.Struct, frozen=True, kw_only=True, tag="concluded"):
    at: datetime
    conclusion: Conclusion
    usage: Usage = Usage()


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """It ended without a conclusion. ``cancelled`` when a person stopped it, ``interrupted`` when
    the process that worked on it was gone. ``mistaken`` when what was asked for is not there, so
    that going on would end the same."""

    at: datetime
    reason: str
    hint: str = ""
    cancelled: bool = False
    usage: Usage = Usage()
    interrupted: bool = False
    mistaken: bool = False

    @property
    def status(self) -> Status:
        if self.interrupted:
            return Status.INTERRUPTED
        return Status.CANCELLED if self.cancelled else Status.FAILED


class ChangeProposed(msgspec.Struct, frozen=True, kw_only=True, tag="change_proposed"):
    """A change waits for a person. ``change`` is its label, ``evidence`` the dry run."""

    at: datetime
    change: str
    command: str
    risk: str = ""
    evidence: str = ""


class ChangeDecided(msgspec.Struct, frozen=True, kw_only=True, tag="change_decided"):
    at: datetime
    change: str
    approved: bool
    by: str
    reason: str = ""


class ChangeApplied(msgspec.Struct, frozen=True, kw_only=True, tag="change_applied"):
    """A change was made, or tried in vain. ``before`` and ``after`` are the looks around it.

    doubtful: nobody knows whether it was made; ``failed`` is set then, too.
    """

    at: datetime
    change: str
    summary: str
    failed: bool = False
    doubtful: bool = False
    evidence: str = ""
    before: str = ""
    after: str = ""


Step = (
    Asked
    | ToolCalled
    | ToolAnswered
    | FindingsRaised
    | Said
    | ModelAnswered
    | Noted
    | Concluded
    | Failed
    | ChangeProposed
    | ChangeDecided
    | ChangeApplied
)


class Status(Enum):
    RUNNING = "running"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Investigation(msgspec.Struct, frozen=True, kw_only=True):
    """``number`` is the short human name, ``INV-12``.

    session: it holds what a person called by hand, and is named ``S-3``.
    """

    id: UUID
    number: int
    question: str
    scope: Scope
    steps: tuple[Step, ...] = ()
    session: bool = False

    @property
    def label(self) -> str:
        return f"{'S' if self.session else 'INV'}-{self.number}"

    @property
    def status(self) -> Status:
        for step in reversed(self.steps):
            match step:
                case Concluded():
                    return Status.COMPLETE
                case Failed():
                    return step.status
                case Asked():
                    return Status.RUNNING
        return Status.RUNNING

    @property
    def agent(self) -> str:
        """The agent that was asked last, "" for the investigator."""
        asked = (step.agent for step in reversed(self.steps) if isinstance(step, Asked))
        return next(asked, "")

    @property
    def conclusion(self) -> Conclusion | None:
        """The newest conclusion, or None when there is none yet."""
        for step in reversed(self.steps):
            if isinstance(step, Concluded):
                return step.conclusion
        return None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the newest triage found, ranked."""
        for step in reversed(self.steps):
            if isinstance(step, FindingsRaised):
                return step.findings
        return ()

    @property
    def notes(self) -> tuple[Noted, ...]:
        """What people wrote down, oldest first."""
        return tuple(step for step in self.steps if isinstance(step, Noted))

    @property
    def looked(self) -> bool:
        """Whether it can say anything about the cluster: the triage came back, or, where no server
        offers one, some call did."""
        if any(isinstance(step, FindingsRaised) for step in self.steps):
            return True
        answers = [step for step in self.steps if isinstance(step, ToolAnswered)]
        return bool(answers) and not answers[0].failed


def check_claims(conclusion: Conclusion, known: frozenset[str]) -> Conclusion:
    """The conclusion with claims that cite no existing evidence marked as hypotheses.

    ``known`` holds the labels of the investigation's finished tool calls. Labels that do not exist
    are taken off the claim, so that nothing on a screen points nowhere.
    """
    return msgspec.structs.replace(conclusion, claims=check_each(conclusion.claims, known))


def check_each(claims: Iterable[Claim], known: frozenset[str]) -> tuple[Claim, ...]:
    """The claims, as ``check_claims`` has those of a conclusion."""
    checked = []
    for claim in claims:
        real = tuple(label for label in claim.evidence if label in known)
        checked.append(msgspec.structs.replace(claim, evidence=real, hypothesis=not real))
    return tuple(checked)
