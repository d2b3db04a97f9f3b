"""Plain text, for terminals, logs and ``text/plain``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from workbench.core.characters import bounded, one_line, visible
from workbench.core.cluster import Gap
from workbench.core.counted import counted
from workbench.core.diagnosis import Diagnosis
from workbench.core.evidence import Evidence
from workbench.core.findings import Finding
from workbench.core.investigation import Claim, Noted
from workbench.core.render.card import (
    Card,
    Line,
    Mark,
    State,
    duration,
    elapsed,
    is_command,
    target,
)
from workbench.core.render.diagnosis import headline, loud, notes, reasons
from workbench.core.render.proposed import Proposed
from workbench.core.runbook import Runbook

WIDTH = 100
EVIDENCE_CHARACTERS = 20_000
FINDINGS_WHOLE = 8
"""As many are told whole where it has to be brief, and all likely causes."""


def investigation(card: Card, width: int = WIDTH, *, steps: bool = True) -> str:
    """The card as text. While it runs, the steps so far; when done, the answer first.

    steps: whether it ends in its steps; False below a screen that has them above the card.
    """
    body = _running(card) if card.state is State.RUNNING else _ended(card, width, steps)
    return "\n".join(body)


def answer(card: Card, width: int = WIDTH) -> str:
    """What it came to, without the question and the steps that stand above it on a screen."""
    return "\n".join([*_answer(card, width), "", " · ".join(card.facts)])


def step(line: Line, width: int = 0) -> str:
    """One step on one line; with a width, its time stands at the right end of it."""
    time = "" if line.milliseconds is None else duration(line.milliseconds)
    parts = [one_line(p) for p in (line.title, line.target, line.summary, line.evidence) if p]
    said = f"{line.mark.value} {'  '.join(parts)}"
    room = width - len(time) - 2
    if line.mark is Mark.FAILED:
        return f"{said}  {time}".rstrip()  # why it failed is never cut
    if not time or not width:
        return _cut(f"{said}  {time}".rstrip(), width or 10_000)
    if line.evidence and len(said) > room:
        cut = f"{line.mark.value} {'  '.join(parts[:-1])}"
        said = f"{_cut(cut, max(room - len(line.evidence) - 2, 20))}  {line.evidence}"
    return f"{said:<{room}}  {time}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def diagnosis(
    diagnosis: Diagnosis, evidence: str = "", width: int = WIDTH, *, brief: bool = False
) -> str:
    """Ranked findings, those below a warning in a line, then what could not be looked at.

    brief: where all would fill screens, those behind the likely causes take a line each, below the
        one that explains them.
    """
    out = [headline(diagnosis) + (f"  [{evidence}]" if evidence else "")]
    because = reasons(diagnosis.findings)
    told = loud(diagnosis.findings)
    whole = max(sum(f.root_cause for f in told), FINDINGS_WHOLE) if brief else len(told)
    short = list(told[whole:])
    for finding in told[:whole]:
        behind = [f for f in short if because.get(f.id) is finding]
        out += ["", *_finding(finding, because.get(finding.id), width, behind)]
        short = [f for f in short if f not in behind]
    out += ["", "In short", *(f"  {one_line(_short(f))}" for f in short)] if short else []
    out += _section("Noted", notes(diagnosis.findings), width)
    return "\n".join([*out, *_gaps(diagnosis.gaps, width)])


def evidence(evidence: Evidence, limit: int = EVIDENCE_CHARACTERS) -> str:
    """The call, when, against which cluster, and what came back."""
    took = "" if evidence.duration_ms is None else f" in {duration(evidence.duration_ms)}"
    head = [
        f"{evidence.label}  {one_line(evidence.tool)}  {target(evidence.arguments)}".rstrip(),
        f"{evidence.outcome.value}{took} at {evidence.at:%Y-%m-%d %H:%M:%S %Z}"
        f" on {one_line(evidence.cluster) or 'an unnamed cluster'}",
    ]
    if evidence.sha256:
        head.append(f"sha256 {evidence.sha256}")
    if evidence.error:
        head.append(f"error: {one_line(evidence.error)}")
    return "\n".join([*head, "", bounded(evidence.text, limit)]).rstrip()


def arguments(evidence: Evidence) -> str:
    """The call's arguments as JSON."""
    return visible(msgspec.json.encode(evidence.arguments).decode())


def _running(card: Card) -> Iterator[str]:
    spent = f", {card.spent}" if card.spent else ""
    yield f"{card.label} running, {elapsed(card.seconds)}{spent}: {one_line(card.question)}"
    yield from (f"  {step(line)}" for line in card.lines)


def _ended(card: Card, width: int, steps: bool) -> Iterator[str]:
    sure = f", {card.confidence} confidence" if card.confidence else ""
    yield f"{card.label} {card.state.value}{sure}: {one_line(card.question)}"
    if card.recorded:
        yield card.recorded
    yield ""
    yield from _answer(card, width)
    if card.lines and steps:
        yield from ("", "Steps")
        yield from (f"  {step(line, width - 2)}" for line in card.lines)
    yield from ("", " · ".join(card.facts))


def _answer(card: Card, width: int) -> Iterator[str]:
    yield from _wrapped(visible(card.verdict), width)
    if card.hint:
        yield from _wrapped(card.hint, width)
    yield from _section("Changes", (_change(c) for c in card.changes), width)
    yield from _section("Why", (_claim(c) for c in card.claims), width)
    yield from _section("Found so far", (_short(f) for f in card.findings[:8]), width)
    yield from _section("Ruled out", card.ruled_out, width)
    yield from _section("Also wrong, separately", card.also_wrong, width)
    yield from _section("Not checked", (f"{g.what}: {g.why}" for g in card.not_checked), width)
    if card.next_steps:
        yield from ("", "Next")
        for step in map(visible, card.next_steps):  # a command is copied as it stands
            yield from [f"  {step}"] if is_command(step) else _wrapped(step, width, "  ", "  ")
    yield from _section("Notes", (note(n) for n in card.notes), width)


def _change(change: Proposed) -> str:
    how = f": {' or '.join(change.ways)}" if change.ways else ""
    return f"{change.label}  {change.command}: {change.standing}{how}"


def note(noted: Noted) -> str:
    """A note or hypothesis with its time, who wrote it and what it rests on."""
    about = f"hypothesis, {noted.standing}: " if noted.standing else ""
    cited = f" [{', '.join(noted.evidence)}]" if noted.evidence else ""
    who = f" {one_line(noted.user, 40)}" if noted.user else ""
    return f"{noted.at:%H:%M}{who}: {about}{noted.text}{cited}"


def runbook(runbook: Runbook) -> str:
    """What a runbook is for and what it takes."""
    lines = [runbook.title, runbook.summary, "", "Parameters:"]
    for parameter in runbook.parameters:
        default = "required" if parameter.required else f"default {parameter.default!r}"
        kind = " or ".join(map(str, parameter.choices)) or parameter.type
        lines.append(f"  {parameter.name} ({kind}, {default})  {parameter.help}")
    return visible("\n".join(lines))


def _section(title: str, items: Iterable[str], width: int) -> Iterator[str]:
    for number, item in enumerate(items):
        if number == 0:
            yield from ("", title)
        yield from _wrapped(one_line(item, 2000), width, "  - ", "    ")


def _claim(claim: Claim) -> str:
    cited = ", ".join(claim.evidence)
    return f"{claim.text} [{cited}]" if cited else f"{claim.text} (hypothesis, no evidence)"


def _short(finding: Finding) -> str:
    return f"{finding.severity.word}: {finding.subject}: {finding.title}"


def _finding(
    finding: Finding, reason: Finding | None, width: int, behind: Sequence[Finding] = ()
) -> Iterator[str]:
    """``behind``: of what it explains, that which is told nowhere else."""
    cause = " (likely cause)" if finding.root_cause else ""
    head = one_line(f"{finding.severity.word.upper()}: {finding.title}: {finding.subject}{cause}")
    yield from _wrapped(head, width, "", "  ")
    yield from _wrapped(one_line(finding.message, 2000), width, "  ", "  ")
    if reason:
        told = f"explained by {reason.title}: {reason.subject}"
        yield from _wrapped(one_line(told, 2000), width, "  ", "    ")
    if finding.explains:
        among = ", among them" if len(behind) < len(finding.explains) else ""
        said = f"  explains {counted(len(finding.explains), 'other finding')}"
        yield f"{said}{among}:" if behind else said
        yield from (f"    {one_line(_short(f))}" for f in behind)
    yield from (f"  > {visible(s)}" for s in finding.next_steps)


def _gaps(gaps: tuple[Gap, ...], width: int) -> list[str]:
    return [*_section("Not checked", (f"{g.what}: {g.why}" for g in gaps), width)]


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
