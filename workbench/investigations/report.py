"""An investigation as an executed notebook, as a page and as Markdown.

The notebook's code cells open the same evidence again (``wb.evidence("INV-12", "E3")``) and hold
what they returned when it was recorded. The page says the same, runs no script, loads nothing and
states so in its Content-Security-Policy.
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
from workbench.core.timeline.record import from_json
from workbench.core.timeline.steps import with_steps
from workbench.files import places, refuse_taken, sealed, write_private
from workbench.investigations.cells import Cell, as_json, as_markdown, code, prose
from workbench.investigations.cells import notebook as cells_of
from workbench.investigations.cleaned import cleaned

EVIDENCE_CHARACTERS = 8_000
"""How much of a result a report holds; the whole of it stays in the record."""


class ReportPaths(msgspec.Struct, frozen=True):
    notebook: Path
    html: Path


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


FORMS = ("ipynb", "html", "md")
"""What a report can be written as. There is no PDF: the page is made to be printed to one."""


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
    forms: Sequence[str] = FORMS,
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
    force: bool = False,
) -> tuple[Path, ...]:
    """Write a file for each of those ``FORMS``, redacted once more; their paths in that order.

    out: a folder, or the file itself where there is one form. force: also over files that are no
    report as it was written. Raises UsageError for such a file without.
    """
    kept = cleaned(investigation, evidence)
    made: dict[str, Callable[..., str]] = {"ipynb": _notebook, "html": page, "md": document}
    paths = places(out, investigation.label, forms)
    refuse_taken(*paths, force=force)
    for path in paths:
        make = made[path.suffix.removeprefix(".")]
        text = make(kept.investigation, kept.evidence, now=now, limit=limit, late=kept.late)
        write_private(path, sealed(text))
    return paths


def document(
    investigation: Investigation,
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
    late: Sequence[str] = (),
) -> str:
    """The report as Markdown: what the notebook says and shows, without its code."""
    tree = notebook(investigation, evidence, now=now, limit=limit, late=late, opens=False)
    return as_markdown(tree)


def _notebook(investigation: Investigation, evidence: Sequence[Evidence], **options: Any) -> str:
    return as_json(notebook(investigation, evidence, **options))


def page(
    investigation: Investigation,
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
    late: Sequence[str] = (),
) -> str:
    """The report as one HTML document. ``late`` as in ``cleaned``."""
    shown = card(investigation, now)
    opened = (html.evidence(e, limit, anchor=e.label) for e in evidence)
    return whole(
        f"{shown.label} {one_line(shown.question, 80)}",
        html.tag("h1", one_line(shown.question, 300)),
        html.tag("p", _about(shown, now), class_="about"),
        html.tag("p", _banner(investigation, late), class_="about"),
        html.investigation(shown, on_page=True),
        _picture(investigation, evidence),
        html.tag("h2", "Evidence") if evidence else html.NOTHING,
        *opened,
        sheets=("timeline",),
    )


def notebook(
    investigation: Investigation,
    evidence: Sequence[Evidence],
    *,
    now: datetime,
    limit: int = EVIDENCE_CHARACTERS,
    late: Sequence[str] = (),
    opens: bool = True,
) -> dict[str, Any]:
    """The report as a notebook document (nbformat 4.5). ``late`` as in ``cleaned``.

    opens: whether a cell opens the investigation, and so shows its card.
    """
    shown = card(investigation, now)
    cells = [*_opening(investigation, shown, now, late, opens), *claims(shown, evidence, limit)]
    cells += [prose(f"## Timeline\n\n{told}") for told in _chronicle(investigation, evidence)]
    cells += [prose(f"## {title}\n\n{body}") for title, body in _rest(shown)]
    cells += [*_appendix(shown, evidence, limit)]
    about = {"report": investigation.label, "id": str(investigation.id)}
    return cells_of(cells, investigation.id, about)


def _picture(investigation: Investigation, evidence: Sequence[Evidence]) -> html.Html:
    """What the newest recorded timeline tells, with the steps of the investigation; nothing where
    none was recorded."""
    told = timeline(evidence)
    if told is None:
        return html.NOTHING
    return picture.figure(with_steps(told, investigation.steps, investigation.label))


def timeline(evidence: Sequence[Evidence]) -> Timeline | None:
    """The newest timeline among recorded calls, or None."""
    calls = (e.data for e in reversed(evidence) if e.tool.endswith("timeline") and e.data)
    return next((t for data in calls if (t := from_json(data)) is not None), None)


def _chronicle(investigation: Investigation, evidence: Sequence[Evidence]) -> Iterator[str]:
    """The newest recorded timeline and the investigation's own steps as a table."""
    told = timeline(evidence)
    if told is not None:
        moments = with_steps(told, investigation.steps, investigation.label)
        yield render_timeline.markdown(moments)


def _banner(investigation: Investigation, late: Sequence[str]) -> str:
    """What kind of file this is, for who gets it without knowing the workbench."""
    words = (
        f"What is shown was recorded in {investigation.label} as it was seen; the cells of the "
        "notebook open that record again, with the package k8s-workbench. Secrets were taken out "
        "when it was recorded and once more for this file."
    )
    return f"{words} Only now out of {', '.join(late)}." if late else words


def _opening(
    investigation: Investigation, shown: Card, now: datetime, late: Sequence[str], opens: bool
) -> Iterator[Cell]:
    title = f"# {shown.label}: {markdown.plain(shown.question, 300)}"
    about, banner = markdown.plain(_about(shown, now)), markdown.plain(_banner(investigation, late))
    yield prose(f"{title}\n\n> {banner}\n\n{markdown.verdict(shown)}\n\n{about}")
    if not opens:
        return
    output = {
        "text/plain": text.investigation(shown),
        "text/markdown": markdown.investigation(shown),
        "text/html": str(html.styled(html.investigation(shown))),
    }
    source = f'import workbench as wb\n\nwb.load("{investigation.label}")'
    yield code(source, output)


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


def _appendix(shown: Card, evidence: Sequence[Evidence], limit: int) -> Iterator[Cell]:
    """Every recorded call; those no claim cites are opened here."""
    above = {label for claim in shown.claims for label in claim.evidence}
    if evidence:
        yield prose("## Every recorded call\n\n" + _register(evidence))
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
    told = timeline([evidence])
    shown = html.NOTHING if told is None else picture.styled(told)
    output = {
        "text/plain": text.evidence(evidence, limit),
        "text/markdown": markdown.evidence(evidence, limit),
        "text/html": str(html.joined((html.styled(html.evidence(evidence, limit)), shown))),
    }
    return code(f'wb.evidence("{investigation}", "{evidence.label}")', output)


def _about(shown: Card, now: datetime) -> str:
    return " · ".join((*shown.facts, f"written {now:%Y-%m-%d %H:%M %Z}"))
