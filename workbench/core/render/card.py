"""What any screen shows of an investigation, worked out once for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from workbench.core.budget import Usage
from workbench.core.characters import one_line
from workbench.core.cluster import Gap
from workbench.core.counted import counted
from workbench.core.duration import human
from workbench.core.findings import Finding
from workbench.core.investigation import (
    Asked,
    ChangeApplied,
    ChangeDecided,
    ChangeProposed,
    Claim,
    Concluded,
    Conclusion,
    Failed,
    FindingsRaised,
    Investigation,
    Noted,
    Said,
    Status,
    Step,
    ToolAnswered,
    ToolCalled,
)
from workbench.core.render.proposed import Proposed, proposed


class State(Enum):
    """How far it came.

    PARTIAL: it ended early, cut short by its budget or with findings but no conclusion.
    DEGRADED: it concluded although most of what it tried to read could not be read.
    INTERRUPTED: the process that worked on it was gone; it can be taken up again.
    AWAITING: it concluded, and a change it proposed waits for a person.
    """

    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    DEGRADED = "degraded"
    AWAITING = "awaiting approval"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Mark(Enum):
    """The state of one step, as the character that stands before it."""

    RUNNING = "…"
    DONE = "✓"
    FAILED = "✗"
    NOTE = "·"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One step on one line: ``✓ list_resources  kind=pods  12 rows  E3  41 ms``."""

    mark: Mark
    title: str
    target: str = ""
    summary: str = ""
    evidence: str = ""
    milliseconds: float | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """An investigation as it is shown. ``facts`` is the footer, one short text per fact.

    recorded: when it was answered, of an answer that is shown again instead of asking anew.
    spent: so far, while it runs.
    """

    label: str
    question: str
    state: State
    verdict: str
    hint: str = ""
    confidence: str = ""
    claims: tuple[Claim, ...] = ()
    findings: tuple[Finding, ...] = ()
    ruled_out: tuple[str, ...] = ()
    also_wrong: tuple[str, ...] = ()
    not_checked: tuple[Gap, ...] = ()
    next_steps: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    seconds: float = 0.0
    facts: tuple[str, ...] = ()
    notes: tuple[Noted, ...] = ()
    changes: tuple[Proposed, ...] = ()
    recorded: str = ""
    spent: str = ""


def card(investigation: Investigation, now: datetime, recorded: str = "") -> Card:
    """The newest question of an investigation as a card.

    now: when it is shown, on the clock of its steps (which is not that of a frozen cluster): for
        the time a running one has taken so far, and whether a change still waits.
    """
    steps = _since_last_question(investigation.steps)
    asked = steps[0] if steps and isinstance(steps[0], Asked) else None
    changes = proposed(steps, now)
    state = _state(investigation, steps, changes)
    conclusion = investigation.conclusion if _concluded(steps) else None
    verdict, hint = _verdict(steps, state, conclusion)
    usage = _usage(steps)
    seconds = usage.seconds or _elapsed(steps, now if state is State.RUNNING else steps[-1].at)
    return Card(
        label=investigation.label,
        question=asked.question if asked else investigation.question,
        state=state,
        verdict=verdict,
        hint=hint,
        confidence=conclusion.confidence.value if conclusion else "",
        claims=conclusion.claims if conclusion else (),
        findings=() if conclusion else _findings(steps),
        ruled_out=conclusion.ruled_out if conclusion else (),
        also_wrong=conclusion.also_wrong if conclusion else (),
        not_checked=_not_checked(steps, conclusion),
        next_steps=conclusion.next_steps if conclusion else (),
        lines=lines(steps),
        seconds=seconds,
        facts=_facts(investigation, asked, steps, usage, seconds),
        notes=investigation.notes,
        changes=changes,
        recorded=recorded,
        spent=_spent(steps, usage),
    )


def lines(steps: Sequence[Step]) -> tuple[Line, ...]:
    """One line per step; a call and its answer share one."""
    answers = {s.call_id: s for s in steps if isinstance(s, ToolAnswered)}
    ended = any(isinstance(s, Concluded | Failed) for s in steps)
    shown = (_line(step, answers, ended) for step in steps)
    return tuple(line for line in shown if line)


def target(arguments: dict[str, Any]) -> str:
    """A call's arguments as short as they can be read: ``kind=pods namespace=shop``."""
    given = ((k, v) for k, v in arguments.items() if v not in (None, "", [], {}, False))
    return one_line(" ".join(f"{k}={_value(v)}" for k, v in given), 100)


def duration(milliseconds: float) -> str:
    """``41 ms`` below a second, ``3.2 s`` from there."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def elapsed(seconds: float) -> str:
    """``3.2 s`` below two minutes, ``12m``, ``3h10m`` from there."""
    return f"{seconds:.1f} s" if seconds < 120 else human(seconds)


_COMMAND = re.compile(
    r"(kubectl|helm|oc|crictl|docker|podman|skopeo|istioctl|argocd|flux|aws|az|gcloud|workbench)\s"
)


def is_command(next_step: str) -> bool:
    """Whether a next step is something to paste into a shell."""
    return bool(_COMMAND.match(next_step))


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _since_last_question(steps: Sequence[Step]) -> Sequence[Step]:
    asked = [i for i, step in enumerate(steps) if isinstance(step, Asked)]
    return steps[asked[-1] :] if asked else steps


def _state(
    investigation: Investigation, steps: Sequence[Step], changes: Sequence[Proposed]
) -> State:
    status = investigation.status
    if status is Status.COMPLETE and any(change.waits for change in changes):
        return State.AWAITING
    conclusion = investigation.conclusion if _concluded(steps) else None
    if (status is Status.FAILED and _findings(steps)) or (conclusion and conclusion.stopped):
        return State.PARTIAL
    if status is Status.COMPLETE and _blind(steps):
        return State.DEGRADED
    return State(status.value)


def _concluded(steps: Sequence[Step]) -> bool:
    ends = (s for s in reversed(steps) if isinstance(s, Concluded | Failed))
    return isinstance(next(ends, None), Concluded)


def _blind(steps: Sequence[Step]) -> bool:
    """Whether more than half of the calls gave no answer."""
    answers = [s for s in steps if isinstance(s, ToolAnswered)]
    return sum(s.failed for s in answers) * 2 > len(answers)


def _unread(steps: Sequence[Step]) -> str:
    answers = [s for s in steps if isinstance(s, ToolAnswered)]
    failed = sum(s.failed for s in answers)
    return f"{failed} of {counted(len(answers), 'call')} gave no answer; the steps say why."


def _spent(steps: Sequence[Step], usage: Usage) -> str:
    """Calls made so far, and dollars where they are known."""
    calls = sum(isinstance(s, ToolCalled) for s in steps)
    dollars = f" · ${usage.dollars:.4f}" if usage.dollars else ""
    return f"{counted(calls, 'call')}{dollars}" if calls else ""


def _verdict(steps: Sequence[Step], state: State, conclusion: Conclusion | None) -> tuple[str, str]:
    if conclusion:
        return conclusion.verdict, _unread(steps) if state is State.DEGRADED else ""
    failed = next((s for s in reversed(steps) if isinstance(s, Failed)), None)
    if failed:
        return failed.reason, failed.hint
    return ("Looking …" if state is State.RUNNING else "No conclusion."), ""


def _findings(steps: Sequence[Step]) -> tuple[Finding, ...]:
    raised = (s.findings for s in reversed(steps) if isinstance(s, FindingsRaised))
    return next(raised, ())


def _not_checked(steps: Sequence[Step], conclusion: Conclusion | None) -> tuple[Gap, ...]:
    """What the conclusion names, and what no triage could look at; each once."""
    raised = [g for s in steps if isinstance(s, FindingsRaised) for g in s.gaps]
    named = list(conclusion.not_checked) if conclusion else []
    return tuple(dict.fromkeys([*named, *raised]))


def _usage(steps: Sequence[Step]) -> Usage:
    ends = (s.usage for s in reversed(steps) if isinstance(s, Concluded | Failed))
    return next(ends, Usage())


def _elapsed(steps: Sequence[Step], until: datetime) -> float:
    return max(0.0, (until - steps[0].at).total_seconds()) if steps else 0.0


def _facts(
    investigation: Investigation,
    asked: Asked | None,
    steps: Sequence[Step],
    usage: Usage,
    seconds: float,
) -> tuple[str, ...]:
    calls = usage.tool_calls or sum(isinstance(s, ToolCalled) for s in steps)
    tokens = usage.input_tokens + usage.output_tokens
    return tuple(
        fact
        for fact in (
            one_line(asked.model, 60) if asked else "",
            f"{tokens:,} tokens" if tokens else "",
            f"${usage.dollars:.4f}" if usage.dollars else "",
            counted(calls, "call"),
            elapsed(seconds),
            one_line(asked.cluster, 60) if asked else "",
            investigation.label,
        )
        if fact
    )


def _line(step: Step, answers: dict[str, ToolAnswered], ended: bool) -> Line | None:
    match step:
        case ToolCalled():
            return _call(step, answers.get(step.call_id), ended)
        case FindingsRaised():
            return Line(
                mark=Mark.NOTE,
                title="findings",
                summary=_count(step.findings),
                evidence=step.evidence,
            )
        case Said(text=text) if text.strip():
            return Line(mark=Mark.NOTE, title=step.agent or "said", summary=one_line(text))
        case Failed():
            return Line(mark=Mark.FAILED, title=step.status.value, summary=one_line(step.reason))
        case ChangeProposed() | ChangeDecided() | ChangeApplied():
            return _change(step)
    return None


def _change(step: ChangeProposed | ChangeDecided | ChangeApplied) -> Line:
    match step:
        case ChangeProposed():
            command = one_line(step.command)
            return Line(
                mark=Mark.NOTE,
                title=f"proposed {step.change}",
                summary=f"{command} ({step.risk} risk)" if step.risk else command,
                evidence=step.evidence,
            )
        case ChangeDecided():
            word = "approved" if step.approved else "denied"
            said = f"{step.by}: {step.reason}" if step.reason else step.by
            return Line(mark=Mark.NOTE, title=f"{word} {step.change}", summary=one_line(said))
    tried = "perhaps applied" if step.doubtful else "did not apply"
    return Line(
        mark=Mark.FAILED if step.failed else Mark.DONE,
        title=f"{tried if step.failed else 'applied'} {step.change}",
        summary=one_line(step.summary),
        evidence=step.evidence,
    )


def _call(called: ToolCalled, answer: ToolAnswered | None, ended: bool) -> Line:
    title = f"{called.agent}: {called.tool}" if called.agent else called.tool
    if answer is None:
        mark = Mark.FAILED if ended else Mark.RUNNING
        summary = "no answer" if ended else ""
        return Line(mark=mark, title=title, target=target(called.arguments), summary=summary)
    return Line(
        mark=Mark.FAILED if answer.failed else Mark.DONE,
        title=title,
        target=target(called.arguments),
        summary=one_line(answer.summary),
        evidence=answer.evidence,
        milliseconds=answer.duration_ms,
    )


def _count(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "nothing found"
    first = findings[0]
    return f"{len(findings)} found, first {first.severity.word}: {one_line(first.title, 80)}"
