"""Markdown, for code hosts, report notebooks and ``text/markdown``.

Text from a cluster goes through ``plain``, ``code`` or ``fence`` and never becomes markup: no
links, images, HTML, headings or formulas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from workbench.core.characters import bounded, one_line, visible
from workbench.core.cluster import Gap
from workbench.core.diagnosis import Diagnosis
from workbench.core.evidence import Evidence
from workbench.core.findings import Finding
from workbench.core.investigation import Claim, Noted
from workbench.core.render import text
from workbench.core.render.card import Card, Line, State, duration, elapsed, is_command
from workbench.core.render.diagnosis import headline, loud, notes
from workbench.core.render.proposed import Proposed

# CommonMark 0.31, "Backslash escapes", where the character means anything: some do only where a
# block begins, brackets make links only behind others, and an underscore inside a word is none (GFM
# 0.29, "Emphasis"). The dollar, and brackets behind a backslash, keep formulas out.
_PUNCTUATION = re.compile(
    r"([\\`*{}\[\]<>|~$^]|&(?=[#\w])|(?<=\\)[()]|^[#+\-=]|!$|(?<![^\W_])_|_(?![^\W_]))"
)
# GitHub Flavored Markdown 0.29, "Autolinks (extension)": found in the source as written, past any
# backslash, so the character they hang on is written as an entity.
_AUTOLINK = re.compile(r"(?i):(?=//)|(?<=www)\.|(?<=mailto):|@")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


def plain(words: str, limit: int = 2000) -> str:
    """Words that must stay words, on one line: no markup, no links."""
    escaped = _PUNCTUATION.sub(r"\\\1", one_line(words, limit))
    unlinked = _AUTOLINK.sub(lambda m: f"&#{ord(m[0])};", escaped)
    return _NUMBERED.sub(r"\1\\\2", unlinked)


def code(words: str) -> str:
    """Words in a code span whose ticks are longer than any inside."""
    line = one_line(words, 500)
    ticks = "`" * (_longest_ticks(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else ""


def fence(words: str, language: str = "text") -> str:
    """A block whose fence is longer than any inside."""
    ticks = "`" * max(3, _longest_ticks(words) + 1)
    return f"{ticks}{language}\n{visible(words)}\n{ticks}"


def investigation(card: Card) -> str:
    """The whole card."""
    parts = _running(card) if card.state is State.RUNNING else _ended(card)
    return "\n\n".join(part for part in parts if part)


def verdict(card: Card) -> str:
    """What it came to, in one or two lines."""
    sure = f" ({card.confidence} confidence)" if card.confidence else ""
    hint = f"\n\n{plain(card.hint)}" if card.hint else ""
    return f"**{card.state.value.capitalize()}**{sure}: **{plain(card.verdict)}**{hint}"


def claim(claim: Claim) -> str:
    """A claim and what it rests on."""
    cited = " ".join(code(label) for label in claim.evidence)
    return f"{plain(claim.text)} {cited or '*(hypothesis, no evidence)*'}"


def note(noted: Noted) -> str:
    """A note or hypothesis with its time, who wrote it and what it rests on."""
    about = f"**hypothesis, {noted.standing}:** " if noted.standing else ""
    cited = "".join(f" {code(label)}" for label in noted.evidence)
    who = f" {plain(noted.user, 40)}" if noted.user else ""
    return f"{noted.at:%H:%M}{who}: {about}{plain(noted.text)}{cited}"


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A small table: what something is called, and what there is to say of it."""
    told = [f"| {name} | {plain(said, 600)} |" for name, said in rows]
    return "\n".join(["| | |", "|---|---|", *told])


def findings(found: Sequence[Finding]) -> str:
    """A numbered list, likeliest cause first."""
    return "\n".join(f"{n}. {_finding(f)}" for n, f in enumerate(found, 1))


def gaps(not_checked: Iterable[Gap]) -> str:
    return "\n".join(f"- {plain(g.what)}: {plain(g.why)}" for g in not_checked)


def commands(next_steps: Sequence[str]) -> str:
    """Commands as blocks to copy, anything else as text."""
    return "\n\n".join(fence(s, "sh") if is_command(s) else plain(s) for s in next_steps)


def timeline(lines: Sequence[Line]) -> str:
    """The steps as a table."""
    if not lines:
        return ""
    rows = ["| | step | target | result | evidence | took |", "|---|---|---|---|---|---|"]
    return "\n".join([*rows, *(_row(line) for line in lines)])


def diagnosis(diagnosis: Diagnosis, evidence: str = "") -> str:
    """Ranked findings, then what could not be looked at."""
    source = f" {code(evidence)}" if evidence else ""
    noted = "\n".join(f"- {plain(line)}" for line in notes(diagnosis.findings))
    parts = [f"**{plain(headline(diagnosis))}**{source}", findings(loud(diagnosis.findings))]
    parts += ["**Noted**", noted] if noted else []
    parts += ["**Not checked**", gaps(diagnosis.gaps)] if diagnosis.gaps else []
    return "\n\n".join(part for part in parts if part)


def evidence(evidence: Evidence, limit: int = text.EVIDENCE_CHARACTERS) -> str:
    """The recorded call and what came back."""
    took = "" if evidence.duration_ms is None else f", {duration(evidence.duration_ms)}"
    head = (
        f"**{plain(evidence.label)}** {code(evidence.tool)} {code(text.arguments(evidence))}  \n"
        f"{evidence.outcome.value}{took}, {evidence.at:%Y-%m-%d %H:%M:%S %Z}, "
        f"{plain(evidence.cluster)}"
    )
    digest = f"sha256 {code(evidence.sha256)}" if evidence.sha256 else ""
    error = f"Error: {plain(evidence.error)}" if evidence.error else ""
    body = fence(bounded(evidence.text, limit)) if evidence.text else ""
    return "\n\n".join(part for part in (head, digest, error, body) if part)


def _running(card: Card) -> Iterator[str]:
    spent = f", {card.spent}" if card.spent else ""
    yield f"**{card.label}** running, {elapsed(card.seconds)}{spent}: {plain(card.question)}"
    yield timeline(card.lines)


def _ended(card: Card) -> Iterator[str]:
    yield f"{card.label}: {plain(card.question)}"
    yield f"*{plain(card.recorded)}*" if card.recorded else ""
    yield verdict(card)
    for title, body in sections(card):
        yield f"**{title}**"
        yield body
    yield " · ".join(plain(fact) for fact in card.facts)


def sections(card: Card) -> Iterator[tuple[str, str]]:
    """The parts of an ended card that hold anything, as title and Markdown."""
    parts = (
        ("Changes", "\n".join(f"- {_change(c)}" for c in card.changes)),
        ("Why", "\n".join(f"{n}. {claim(c)}" for n, c in enumerate(card.claims, 1))),
        ("Found so far", findings(card.findings[:8])),
        ("Ruled out", "\n".join(f"- {plain(r)}" for r in card.ruled_out)),
        ("Also wrong, separately", "\n".join(f"- {plain(r)}" for r in card.also_wrong)),
        ("Not checked", gaps(card.not_checked)),
        ("Next", commands(card.next_steps)),
        ("Notes", "\n".join(f"- {note(n)}" for n in card.notes)),
        ("Steps", timeline(card.lines)),
    )
    yield from ((title, body) for title, body in parts if body)


def _change(change: Proposed) -> str:
    how = f": {' or '.join(map(code, change.ways))}" if change.ways else ""
    return f"**{change.label}** {code(change.command)}: {plain(change.standing)}{how}"


def _finding(finding: Finding) -> str:
    cause = ", likely cause" if finding.root_cause else ""
    subject = code(str(finding.subject))
    head = f"**{plain(finding.title)}** ({finding.severity.word}{cause}): {subject}"
    steps = "".join(f"\n   {code(s)}  " for s in finding.next_steps)
    return f"{head}  \n   {plain(finding.message)}{'  ' + steps if steps else ''}"


def _row(line: Line) -> str:
    took = "" if line.milliseconds is None else duration(line.milliseconds)
    cells = (
        line.mark.value,
        plain(line.title),
        code(line.target.replace("|", "¦")),  # a tick does not protect a table cell
        plain(line.summary),
        code(line.evidence),
        took,
    )
    return "| " + " | ".join(cells) + " |"


def _longest_ticks(words: str) -> int:
    return max((len(run) for run in re.findall("`+", words)), default=0)
