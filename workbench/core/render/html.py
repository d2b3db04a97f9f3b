"""HTML that needs no script and loads nothing: cards for notebooks and pages.

``tag`` escapes every string that is not ``Html`` already, so text from a cluster cannot become
markup by being forgotten. Read without its style sheet (code hosts drop it) it is still headings,
lists and ``<details>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from workbench.core.characters import bounded, one_line, visible
from workbench.core.cluster import Gap
from workbench.core.counted import counted
from workbench.core.diagnosis import Diagnosis
from workbench.core.evidence import Evidence, Outcome
from workbench.core.findings import Finding
from workbench.core.investigation import Claim, Noted
from workbench.core.render import text
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
from workbench.core.runbook import RunbookRun, RunStatus


class Html(str):
    """Markup, as opposed to text."""

    __slots__ = ()


NOTHING = Html("")
FINDINGS_OPEN = 8
"""How many findings are shown without a click."""
SOFAR_OPEN = 3
"""The same for what was found so far, where the next thing to do is to go on."""


def tag(name: str, /, *children: str, **attributes: str) -> Html:
    """An element. Children that are not ``Html`` are escaped; so are attributes. ``class_`` is
    written ``class``, and an empty attribute is left out."""
    given = "".join(
        f' {key.rstrip("_")}="{escape(visible(value))}"'
        for key, value in attributes.items()
        if value
    )
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Html:
    """Children one after the other, escaped where they are text."""
    return Html("".join(c if isinstance(c, Html) else escape(visible(c)) for c in children))


@cache
def stylesheet(name: str) -> str:
    """A style sheet that ships with the package: ``card`` or ``page``."""
    return files(__package__).joinpath(f"{name}.css").read_text(encoding="utf-8")


def styled(*cards: Html) -> Html:
    """Cards with their style sheet, for a notebook output."""
    return joined((tag("style", Html(stylesheet("card"))), *cards))


def investigation(card: Card, on_page: bool = False) -> Html:
    """The card. On a page of its own the question and the facts stand above it already, evidence
    chips point to anchors further down, and the steps are open."""
    name = {
        "class_": f"wb wb-{card.state.value.partition(' ')[0]}",
        "aria_label": f"{card.label}, {card.state.value}",
    }
    head = _header(card, on_page)
    if card.state is State.RUNNING:
        return tag("section", head, _steps(card.lines), **name)
    footer = NOTHING if on_page else tag("footer", *_spaced(card.facts))
    return tag("section", head, _verdict(card), *_sections(card, on_page), footer, **name)


def diagnosis(diagnosis: Diagnosis, evidence: str = "") -> Html:
    """Ranked findings and what could not be looked at."""
    state = "complete" if diagnosis.healthy else "failed"
    head = tag("header", tag("strong", headline(diagnosis)), chip(evidence))
    body = (*_ranked(loud(diagnosis.findings)), *_listed("Noted", notes(diagnosis.findings)))
    return tag("section", head, *body, *_gaps(diagnosis.gaps), class_=f"wb wb-{state}")


def run(run: RunbookRun) -> Html:
    """One execution of a runbook: how it went, what it found, and the notebook it left."""
    state = {RunStatus.HEALTHY: "complete", RunStatus.FINDINGS: "partial"}.get(run.status, "failed")
    took = tag("span", elapsed(run.seconds), class_="wb-time")
    head = tag(
        "header",
        tag("span", run.status.value, class_="wb-state"),
        *_apart([tag("strong", run.runbook), took]),
    )
    why = tag("p", run.error, class_="wb-hint") if run.error else NOTHING
    body = (*_ranked(run.findings), why, files_written(run.output))
    return tag("section", head, *body, class_=f"wb wb-{state}")


def files_written(*paths: str) -> Html:
    """Files as links where they are below the notebook's folder, and by name elsewhere."""
    shown = (tag("a", p, href=p) if p and not p.startswith(("/", "..")) else p for p in paths if p)
    return tag("footer", *_spaced(shown))


def evidence(evidence: Evidence, limit: int = text.EVIDENCE_CHARACTERS, anchor: str = "") -> Html:
    """The recorded call and what came back."""
    done = evidence.outcome is Outcome.DONE
    took = "" if evidence.duration_ms is None else duration(evidence.duration_ms)
    when = f"{evidence.at:%Y-%m-%d %H:%M:%S %Z}"
    of = target(evidence.arguments)
    head = tag(
        "header",
        chip(evidence.label, False),
        tag("strong", one_line(evidence.tool)),
        tag("code", of) if of else NOTHING,
        NOTHING if done else tag("span", evidence.outcome.value, class_="wb-state"),
    )
    facts = (when, took, one_line(evidence.cluster), f"sha256 {evidence.sha256[:16]}")
    parts = [
        tag("p", one_line(evidence.error), class_="wb-hint") if evidence.error else NOTHING,
        _text(evidence, limit) if evidence.text else NOTHING,
        tag("footer", *_spaced(f for f in facts if f), title=evidence.sha256),
    ]
    return tag(
        "section",
        head,
        *parts,
        class_=f"wb wb-evidence wb-{'quiet' if done else 'failed'}",
        id=anchor,
    )


def _text(evidence: Evidence, limit: int) -> Html:
    """Lines of prose and logs are wrapped; the columns of a table stay under each other."""
    tabular = isinstance(evidence.data, dict) and "columns" in evidence.data
    style = "wb-text wb-columns" if tabular else "wb-text"
    return tag("pre", bounded(evidence.text, limit), class_=style)


def _header(card: Card, on_page: bool) -> Html:
    question = tag("span", one_line(card.question, 400), class_="wb-question")
    parts = [
        tag("span", card.state.value, class_="wb-state"),
        NOTHING if on_page else question,
        tag(
            "span",
            " · ".join(p for p in (_sofar(card), elapsed(card.seconds)) if p),
            class_="wb-time",
        ),
    ]
    return tag("header", *_apart(parts))


def _sofar(card: Card) -> str:
    return card.spent if card.state is State.RUNNING else ""


def _verdict(card: Card) -> Html:
    sure = tag("span", f"{card.confidence} confidence", class_="wb-sure")
    return joined(
        (
            tag("p", card.recorded, class_="wb-hint wb-recorded") if card.recorded else NOTHING,
            tag("p", tag("strong", card.verdict), class_="wb-verdict"),
            tag("p", card.hint, class_="wb-hint") if card.hint else NOTHING,
            sure if card.confidence else NOTHING,
        )
    )


def _sections(card: Card, on_page: bool) -> Iterator[Html]:
    if card.changes:
        yield tag("h4", "Changes")
        yield tag("ul", *(_change(change) for change in card.changes), class_="wb-changes")
    if card.claims:
        yield tag("h4", "Why")
        yield claims(card.claims, on_page)
    if card.findings:
        yield tag("h4", "Found so far")
        yield from _folded(card.findings, SOFAR_OPEN)
    if card.next_steps:
        yield tag("h4", "Next")
        yield from (_next(s) for s in card.next_steps)
    if card.ruled_out:
        yield tag("h4", "Ruled out")
        yield tag("ul", *(tag("li", r) for r in card.ruled_out))
    if card.also_wrong:
        yield tag("h4", "Also wrong, separately")
        yield tag("ul", *(tag("li", r) for r in card.also_wrong))
    yield from _gaps(card.not_checked)
    if card.notes:
        yield tag("h4", "Notes")
        yield tag("ul", *(tag("li", *note(n, on_page)) for n in card.notes), class_="wb-notes")
    if card.lines:
        count = counted(len(card.lines), "step")
        open = "open" if on_page else ""
        yield tag("details", tag("summary", count), _steps(card.lines, on_page), open=open)


def _change(change: Proposed) -> Html:
    parts = [tag("strong", change.label), tag("code", change.command)]
    ways = (tag("code", way) for way in change.ways)
    how = tag("div", *_apart(ways), class_="wb-hint") if change.ways else NOTHING
    style = "wb-waits" if change.waits else "wb-settled"
    return tag("li", *_apart([*parts, tag("span", change.standing, class_=style)]), how)


def claims(made: Iterable[Claim], links: bool = False) -> Html:
    """Claims in their order, each with what it rests on."""
    return tag("ol", *(_claim(claim, links) for claim in made), class_="wb-claims")


def _claim(claim: Claim, links: bool) -> Html:
    chips = [chip(label, links) for label in claim.evidence]
    unsure = [] if claim.evidence else [tag("em", "hypothesis, no evidence")]
    return tag("li", claim.text, *_apart([*chips, *unsure]))


def note(noted: Noted, links: bool = False) -> Iterator[str]:
    """A note or hypothesis: when, who, what, and what it rests on."""
    yield tag(
        "time", f"{noted.at:%H:%M}", class_="wb-when", title=f"{noted.at:%Y-%m-%d %H:%M:%S %Z}"
    )
    yield f" {one_line(noted.user, 40)} " if noted.user else " "
    if noted.standing:
        yield tag(
            "span", f"hypothesis, {noted.standing}", class_=f"wb-standing wb-{noted.standing}"
        )
        yield " "
    yield noted.text
    yield from _apart([chip(label, links) for label in noted.evidence])


def facts(rows: Iterable[Sequence[str]]) -> Html:
    """A small table of words: what something is called, and what there is to say of it."""
    cells = ((tag("td", one_line(word, 600)) for word in row if word) for row in rows)
    table = tag("table", *(tag("tr", *row) for row in cells))
    return tag("div", table, class_="wb wb-rows wb-quiet")


def chip(label: str, links: bool = False) -> Html:
    """An evidence label, with ``links`` as a link to its anchor; nothing for no label."""
    if not label:
        return NOTHING
    if links:
        return tag("a", label, class_="wb-chip", href=f"#{label}")
    return tag("code", label, class_="wb-chip")


def _ranked(findings: tuple[Finding, ...]) -> Iterator[Html]:
    """The likely causes, and the rest behind one click where they would fill screens."""
    causes = sum(f.root_cause for f in findings)
    return _folded(findings, max(causes, FINDINGS_OPEN))


def _folded(findings: tuple[Finding, ...], most: int) -> Iterator[Html]:
    """So many, two more where these are all, and the rest behind one click."""
    open = len(findings) if len(findings) <= most + 2 else most
    because = reasons(findings)
    if findings:
        yield _findings(findings[:open], because)
    if findings[open:]:
        more = tag("summary", counted(len(findings) - open, "more finding"))
        yield tag("details", more, _findings(findings[open:], because, open + 1))


def _findings(findings: Iterable[Finding], because: dict[str, Finding], first: int = 1) -> Html:
    start = str(first) if first > 1 else ""
    items = (_finding(f, because.get(f.id)) for f in findings)
    return tag("ol", *items, class_="wb-findings", start=start)


def _finding(finding: Finding, reason: Finding | None) -> Html:
    cause = tag("span", "likely cause", class_="wb-cause") if finding.root_cause else NOTHING
    return tag(
        "li",
        tag("span", finding.severity.word, class_=f"wb-severity wb-{finding.severity.word}"),
        *_apart([tag("strong", f"{finding.title}:"), tag("code", str(finding.subject)), cause]),
        tag("div", one_line(finding.message, 2000)),
        *_related(finding, reason),
        *(_next(s) for s in finding.next_steps),
    )


def _related(finding: Finding, reason: Finding | None) -> Iterator[Html]:
    """What explains it, and how much it explains."""
    if reason:
        told = one_line(f"explained by {reason.title}: {reason.subject}", 2000)
        yield tag("div", told, class_="wb-hint")
    if finding.explains:
        count = counted(len(finding.explains), "other finding")
        yield tag("div", f"explains {count}", class_="wb-hint")


def _gaps(gaps: tuple[Gap, ...]) -> Iterator[Html]:
    return _listed("Not checked", (f"{g.what}: {g.why}" for g in gaps))


def _listed(title: str, lines: Iterable[str]) -> Iterator[Html]:
    items = [tag("li", line) for line in lines]
    if items:
        yield tag("h4", title)
        yield tag("ul", *items, class_="wb-gaps")


def _next(step: str) -> Html:
    if is_command(step):
        return tag("pre", tag("code", step), class_="wb-command")
    return tag("p", step, class_="wb-next")


def _steps(lines: tuple[Line, ...], links: bool = False) -> Html:
    return tag("ul", *(_step(line, links) for line in lines), class_="wb-steps")


def _step(line: Line, links: bool) -> Html:
    took = "" if line.milliseconds is None else duration(line.milliseconds)
    parts = [
        tag("span", line.mark.value, class_="wb-mark", title=line.mark.name.lower()),
        tag("span", line.title, class_="wb-tool"),
        tag("code", line.target) if line.target else NOTHING,
        tag("span", line.summary, class_="wb-summary") if line.summary else NOTHING,
        chip(line.evidence, links) if line.evidence else NOTHING,
        tag("span", took, class_="wb-time") if took else NOTHING,
    ]
    failed = "wb-broken" if line.mark is Mark.FAILED else ""
    return tag("li", *_apart(parts), class_=failed)


def _spaced(facts: Iterable[str]) -> Iterator[str]:
    for number, fact in enumerate(facts):
        yield " · " if number else ""
        yield fact


def _apart(parts: Iterable[Html]) -> Iterator[str]:
    """A space before each part: without a style sheet they must not run together."""
    for part in parts:
        if part:
            yield " "
            yield part
