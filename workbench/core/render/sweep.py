"""A sweep as text, Markdown and HTML while it runs and when it has ended; an item as a line."""

from __future__ import annotations

import msgspec

from workbench.core.characters import visible
from workbench.core.counted import counted
from workbench.core.render import html, markdown
from workbench.core.sweep import Item, ItemStatus, Sweep, outcome

NO_WORKER = "No worker has taken a run yet; `workbench worker` starts one."
BORDERS = {"findings": "partial", "healthy": "complete"}
TOLD = 20
"""Items that are named; the summary has them all."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say. told: items that ended with more than nothing, in that order.

    waits: no worker has taken anything. summary: where it was written, once it was.
    """

    sweep: Sweep
    told: tuple[Item, ...] = ()
    waits: bool = False
    summary: str = ""

    @property
    def state(self) -> str:
        """``running``, ``cancelled``, or the worst of its items: ``failed``, ``findings``,
        ``healthy``."""
        if self.sweep.cancelled_at:
            return "cancelled"
        if self.sweep.open:
            return "running"
        bad = self.sweep.counts.get(ItemStatus.FAILED, 0) + self.sweep.counts.get(
            ItemStatus.LOST, 0
        )
        found = self.sweep.counts.get(ItemStatus.FINDINGS, 0)
        return "failed" if bad else "findings" if found else "healthy"


def line(item: Item) -> str:
    """``failed    2 namespace=shop, 3 findings: what went wrong``."""
    found = f", {counted(len(item.findings), 'finding')}" if item.findings else ""
    error = f": {item.error}" if item.error else ""
    words = f"{item.status.value:<9} {item.number} {item.title}{found}{error}"
    return visible(" ".join(words.splitlines()))


def headline(sweep: Sweep) -> str:
    """``SW-3 dns over contexts: 2 of 7 ended · 5 running, 2 healthy``."""
    done = f"{sweep.total - sweep.open} of {sweep.total} ended"
    how = "cancelled, " if sweep.cancelled_at else ""
    plan = sweep.plan
    return visible(
        f"{sweep.label} {plan.runbook} over {plan.over}: {how}{done}, {outcome(sweep.counts)}"
    )


def text(shown: Progress) -> str:
    lines = [headline(shown.sweep), *(f"  {line(i)}" for i in shown.told[-TOLD:])]
    lines += _more(shown)
    return "\n".join([*lines, *_written(shown)])


def as_markdown(shown: Progress) -> str:
    items = (markdown.plain(line(i)) for i in shown.told[-TOLD:])
    parts = [f"**{markdown.plain(headline(shown.sweep))}**", *items]
    return "  \n".join([*parts, *map(markdown.plain, (*_more(shown), *_written(shown)))])


def as_html(shown: Progress) -> html.Html:
    items = (html.tag("li", line(i)) for i in shown.told[-TOLD:])
    return html.tag(
        "section",
        html.tag("header", html.tag("strong", headline(shown.sweep))),
        html.tag("ul", *items) if shown.told else html.NOTHING,
        *(html.tag("p", said, class_="wb-hint") for said in _more(shown)),
        html.files_written(shown.summary) if shown.summary else html.NOTHING,
        class_=f"wb wb-{BORDERS.get(shown.state, shown.state)}",
    )


def _more(shown: Progress) -> list[str]:
    left = len(shown.told) - TOLD
    return [
        *([f"and {left} more before these"] if left > 0 else []),
        *([NO_WORKER] if shown.waits else []),
    ]


def _written(shown: Progress) -> list[str]:
    return [f"summary: {shown.summary}"] if shown.summary else []
