"""Having an incident written up by a model: what it is given, and where what it cost is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.agent.answers import Answer
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.evidence import Evidence, Outcome
from workbench.core.incident import Incident
from workbench.core.investigation import Claim, Conclusion, Investigation, ModelAnswered, Said
from workbench.core.narrative import Narrative
from workbench.core.pseudonyms import Replaced
from workbench.core.redaction import redact_text
from workbench.errors import ModelUnavailable, UsageError
from workbench.investigations.cleaned import Cleaned

if TYPE_CHECKING:
    from workbench.agent.scribe import Material
    from workbench.investigations.incidents import IncidentDesk


class Scribe(NamedTuple):
    """Who writes an incident up: a model, what it may spend on it, and what it gets stand-ins
    for."""

    choice: ModelChoice
    budget: Budget
    clock: Callable[[], datetime]
    replaced: tuple[Replaced, ...] = ()


async def narrate(
    desk: IncidentDesk, incident: Incident, kept: Sequence[Cleaned], record: str, scribe: Scribe
) -> Narrative:
    """The incident in sentences. What it cost, and the text, become steps of the newest
    investigation of the incident.

    kept: its investigations, redacted. record: what people said and did, in words, redacted.
    Raises UsageError without an investigation, ModelUnavailable when no model could write it.
    """
    if not kept:
        raise UsageError(
            f"{incident.label} has no investigation of yours to write it up from.",
            f"Attach one: `workbench incident attach {incident.label} INV-3`.",
        )
    from workbench.agent.scribe import SCRIBE, write_up

    written = await write_up(
        material(incident, kept, record), scribe.choice, scribe.budget, scribe.clock,
        replaced=scribe.replaced,
    )  # fmt: skip
    steps: list[ModelAnswered | Said] = list(written.steps)
    told = _redacted(written.narrative) if written.narrative else None
    if told:
        words = "\n".join([f"Wrote {incident.label} up.", *told.lines()])
        steps.append(Said(at=scribe.clock(), text=words, agent=SCRIBE))
    await desk.keep(kept[-1].investigation, steps)
    if told is None:
        assert written.failure is not None  # noqa: S101  # one of the two is there
        raise ModelUnavailable(*written.failure)
    return told


def material(incident: Incident, kept: Sequence[Cleaned], record: str) -> Material:
    """What a model is given: the record of people, conclusions, and the calls these cite; every
    call where they cite none."""
    from workbench.agent.scribe import Material

    told = Answer(
        call_id=incident.label, tool="incident", remote_name="incident", arguments={},
        text=record, evidence=incident.label,
    )  # fmt: skip
    found = {k.investigation.label: k.investigation.conclusion for k in kept}
    conclusions = {label: _cited(one, label) for label, one in found.items() if one}
    wanted = {e for one in conclusions.values() for claim in one.claims for e in claim.evidence}
    calls = [_answer(row, k.investigation.label) for k in kept for row in k.evidence]
    return Material(
        record=told,
        conclusions=conclusions,
        evidence=[c for c in calls if c.evidence in wanted] or calls,
        cluster=next((row.cluster for k in kept for row in k.evidence), ""),
        scope=_scope(incident, [k.investigation for k in kept]),
    )


def _scope(incident: Incident, found: Sequence[Investigation]) -> Scope:
    """The namespaces it is about."""
    named = [incident.namespace, *(n for one in found for n in one.scope.namespaces)]
    return Scope(namespaces=tuple(dict.fromkeys(name for name in named if name)))


def _cited(conclusion: Conclusion, label: str) -> Conclusion:
    """The conclusion with labels as they are outside of its investigation."""
    claims = tuple(
        msgspec.structs.replace(claim, evidence=tuple(whole(e, label) for e in claim.evidence))
        for claim in conclusion.claims
    )
    return msgspec.structs.replace(conclusion, claims=claims)


def whole(evidence: str, investigation: str) -> str:
    """``INV-3/E7`` of ``E7``; what is cited of an earlier investigation is whole already."""
    return evidence if "/" in evidence else f"{investigation}/{evidence}"


def _answer(row: Evidence, investigation: str) -> Answer:
    label = whole(row.label, investigation)
    return Answer(
        call_id=label,
        tool=row.tool,
        remote_name=row.tool.rpartition("_")[2],
        arguments=row.arguments,
        text=row.text or row.error,
        data=row.data,
        failed=row.outcome is not Outcome.DONE,
        evidence=label,
    )


def _redacted(told: Narrative) -> Narrative:
    """What a model says is redacted as what it reads."""
    parts = tuple(
        msgspec.structs.replace(part, sentences=tuple(map(_clean, part.sentences)))
        for part in told.parts
    )
    return msgspec.structs.replace(told, parts=parts)


def _clean(said: Claim) -> Claim:
    return msgspec.structs.replace(said, text=redact_text(said.text))
