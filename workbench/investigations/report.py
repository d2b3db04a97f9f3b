"""An investigation as an executed notebook, as a page, as Markdown and as PDF.

It is composed once, redacted once more (``composed``), and drawn in a form (``rendered``), for
commands, notebooks, the API and the chat alike. The notebook's code cells open the same
evidence again and hold what they returned when it was recorded. The page says the same, runs no
script, loads nothing and states so in its Content-Security-Policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.characters import one_line
from workbench.core.evidence import Evidence
from workbench.core.investigation import Concluded, FindingsRaised, Investigation, ToolAnswered
from workbench.core.render import html, markdown, picture, text
from workbench.core.render import timeline as render_timeline
from workbench.core.render.card import Card, card
from workbench.core.render.document import document as whole
from workbench.core.timeline import Timeline
from workbench.files import places, refuse_taken, sealed, write_private
from workbench.investigations.banner import banner
from workbench.investigations.cells import Cell, as_json, as_markdown, code, loads, opens, prose
from workbench.investigations.cells import notebook as cells_of
from workbench.investigations.chronicle import chronicle, recorded
from workbench.investigations.cleaned import cleaned
from workbench.investigations.pdf import as_pdf

EVIDENCE_CHARACTERS = 8_000
"""How much of a result a report holds; the whole of it stays in the record."""


class ReportPaths(msgspec.Struct, frozen=True):
    notebook: Path
    html: Path


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """A report before it has a form.

    banner: facts about it by name. kind: in a sentence or three, what sort of file this is.
    limit: characters of each result shown.
    """

    investigation: Investigation
    evidence: tuple[Evidence, ...]
    card: Card
    banner: dict[str, str]
    kind: str
    timeline: Timeline
    limit: int


def cited(investigation: Investigation) -> tuple[str, ...]:
    """The evidence labels an investigation names anywhere, in the order they came up."""
    labels: list[str] = []
    for step in investigation.steps:
        match step:
            case ToolAnswered(evidence=label) | FindingsRaised(evidence=label):
                labels.append(label)
            case Concluded(conclusion=conclusion):
                labels += [label for claim in conclusion.claims for label in claim.evidence]
    return tuple(dict.fromkeys(label for label in labels if label))


def export(
    investigation: Investigation,
    evidence: Sequence[Evidence],
    out_dir: Path,
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
    force: bool = False,
) -> ReportPaths:
    """Write ``INV-12.ipynb`` and ``INV-12.html`` into ``out_dir``, which is made when missing.

    now: the time the report says it was written. limit: characters of each result shown. force: as
    in ``write``.
    """
    forms = "ipynb", "html"
    paths = write(investigation, evidence, out_dir, forms, now=now, limit=limit, force=force)
    return ReportPaths(*paths)


def write(
    investigation: Investigation,
    evidence: Sequence[Evidence],
    out: Path,
    forms: Sequence[str],
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
    force: bool = False,
) -> tuple[Path, ...]:
    """Write a file for each of these ``REPORT_FORMS``, redacted once more; their paths in that
    order.

    out: a folder, or the file itself where there is one form. force: also over files that are no
    report as it was written. Raises UsageError for such a file without, and for a PDF where
    nothing is installed that makes one.
    """
    paths = places(out, investigation.label, forms)
    refuse_taken(*paths, force=force)
    report = composed(investigation, evidence, now=now, limit=limit)
    made = [rendered(report, form) for form in forms]
    for path, content in zip(paths, made, strict=True):
        write_private(path, content)
    return paths


def composed(
    investigation: Investigation,
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
) -> Composed:
    """What the report says, redacted once more.

    now: the time it says it was written. limit: characters of each result shown.
    """
    kept = cleaned(investigation, evidence)
    return Composed(
        investigation=kept.investigation,
        evidence=kept.evidence,
        card=card(kept.investigation, now),
        banner=banner(kept.investigation, kept.evidence, now),
        kind=_kind(kept.investigation, kept.late),
        timeline=chronicle(kept.investigation, kept.evidence, now),
        limit=limit,
    )


def rendered(report: Composed, form: str) -> bytes:
    """The report in one of ``REPORT_FORMS``, sealed."""
    return sealed(MADE[form](report))


def _kind(investigation: Investigation, late: Sequence[str]) -> str:
    words = (
        f"What is shown was recorded in {investigation.label} as it was seen; the cells of the "
        "notebook open that record again, with the package k8s-workbench, where it is at hand. "
        "Secrets were taken out when it was recorded and once more for this file."
    )
    if not late:
        return words
    held = "calls that the record still holds" if len(late) > 1 else "a call that the record holds"
    return (
        f"{words} This time something was found in {', '.join(late)}, {held} with it: their "
        "sha256 is that of the record, and not of what stands here."
    )


def page(report: Composed) -> str:
    """As one HTML document."""
    return _page(report, picture.figure(report.timeline), ("timeline",))


def _pdf(report: Composed) -> bytes:
    return as_pdf(_page(report, picture.printed(report.timeline), ("paper",)))


def _page(report: Composed, drawn: html.Html, sheets: tuple[str, ...]) -> str:
    shown = report.card
    opened = (html.evidence(e, report.limit, anchor=e.label) for e in report.evidence)
    return whole(
        f"{shown.label} {one_line(shown.question, 80)}",
        html.tag("h1", one_line(shown.question, 300)),
        html.facts(report.banner.items()),
        html.investigation(shown, on_page=True),
        html.tag("p", report.kind, class_="about"),
        html.tag("h2", "Timeline"),
        drawn,
        html.tag("h2", "Evidence") if report.evidence else html.NOTHING,
        *opened,
        *_appendix_on_page(report.evidence),
        sheets=sheets,
    )


def _appendix_on_page(evidence: Sequence[Evidence]) -> Iterator[html.Html]:
    if evidence:
        yield html.tag("h2", APPENDIX)
        yield html.facts((e.label, e.tool, e.sha256) for e in evidence)


def document(report: Composed) -> str:
    """As Markdown: what the notebook says and shows, without its code."""
    return as_markdown(notebook(report, opening=False))


def notebook(report: Composed, *, opening: bool = True) -> dict[str, Any]:
    """As a notebook document (nbformat 4.5).

    opening: whether a cell opens the investigation, and so shows its card.
    """
    shown, found = report.card, report.investigation
    cells = [prose(_head(report))]
    cells += [opened_card(found, shown)] if opening else []
    cells += claims(shown, report.evidence, report.limit)
    told = render_timeline.markdown(report.timeline)
    cells += [prose(f"## {title}\n\n{body}") for title, body in (("Timeline", told), *_rest(shown))]
    cells += _appendix(shown, report.evidence, report.limit)
    return cells_of(cells, found.id, {"report": found.label, "id": str(found.id)})


def _head(report: Composed) -> str:
    shown = report.card
    title = f"# {shown.label}: {markdown.plain(shown.question, 300)}"
    facts, kind = markdown.facts(report.banner.items()), markdown.plain(report.kind)
    return f"{title}\n\n{facts}\n\n{markdown.verdict(shown)}\n\n> {kind}"


def opened_card(investigation: Investigation, shown: Card) -> Cell:
    """The investigation as a cell that opens it."""
    output = {
        "text/plain": text.investigation(shown),
        "text/markdown": markdown.investigation(shown),
        "text/html": str(html.styled(html.investigation(shown))),
    }
    return code(loads(investigation), output)


def claims(shown: Card, evidence: Sequence[Evidence], limit: int) -> Iterator[Cell]:
    """Each claim, followed by the evidence that no claim before it has opened."""
    left = {e.label: e for e in evidence}
    if shown.claims:
        yield prose("## Why")
    for number, claim in enumerate(shown.claims, 1):
        yield prose(f"**{number}.** {markdown.claim(claim)}")
        for label in claim.evidence:
            if label in left:
                yield opened(shown.label, left.pop(label), limit)


def _rest(shown: Card) -> Iterator[tuple[str, str]]:
    yield from ((title, body) for title, body in markdown.sections(shown) if title != "Why")


APPENDIX = "Appendix: every recorded call"


def _appendix(shown: Card, evidence: Sequence[Evidence], limit: int) -> Iterator[Cell]:
    """Every recorded call; those no claim cites are opened here."""
    above = {label for claim in shown.claims for label in claim.evidence}
    if evidence:
        yield prose(f"## {APPENDIX}\n\n{_register(evidence)}")
    for one in evidence:
        if one.label not in above:
            yield opened(shown.label, one, limit)


def _register(evidence: Sequence[Evidence]) -> str:
    rows = ["| | tool | arguments | time | sha256 |", "|---|---|---|---|---|"]
    for e in evidence:
        when = f"{e.at:%Y-%m-%d %H:%M:%S %Z}"
        arguments = markdown.code(text.arguments(e).replace("|", "¦"))
        digest = markdown.code(e.sha256)
        rows.append(
            f"| {markdown.plain(e.label)} | {markdown.plain(e.tool)} | {arguments} "
            f"| {when} | {digest} |"
        )
    return "\n".join(rows)


def opened(investigation: str, evidence: Evidence, limit: int) -> Cell:
    """A recorded call as a cell that opens it."""
    told = recorded([evidence])
    shown = html.NOTHING if told is None else picture.styled(told)
    output = {
        "text/plain": text.evidence(evidence, limit),
        "text/markdown": markdown.evidence(evidence, limit),
        "text/html": str(html.joined((html.styled(html.evidence(evidence, limit)), shown))),
    }
    return code(opens(investigation, evidence.label), output)


def _ipynb(report: Composed) -> str:
    return as_json(notebook(report))


MADE: dict[str, Callable[[Composed], str | bytes]] = {
    "ipynb": _ipynb,
    "html": page,
    "md": document,
    "pdf": _pdf,
}
"""How each of ``REPORT_FORMS`` is made."""
