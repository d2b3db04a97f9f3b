"""Findings as items of a list, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from workbench.chat.asking import question_about
from workbench.chat.elements import node
from workbench.core.characters import one_line
from workbench.core.cluster import Gap
from workbench.core.findings import Finding
from workbench.core.render.card import is_command
from workbench.core.render.html import NOTHING, Html


def item(finding: Finding, inside: Html = NOTHING) -> Html:
    """One finding; ``inside``: what else is to be seen of it."""
    cause = node("span", "likely cause", class_="cause") if finding.root_cause else NOTHING
    explains = len(finding.explains)
    more = f"explains {explains} other{'' if explains == 1 else 's'}" if explains else ""
    asks = node("a", "Ask about this", href=f"chat?ask={quote(question_about(finding))}")
    return node(
        "li",
        node(
            "h3",
            node("span", finding.severity.word, class_="level"),
            finding.title,
            node("code", str(finding.subject)),
            cause,
        ),
        node("p", one_line(finding.message, 2_000)),
        *(node("pre", s) if is_command(s) else node("p", s) for s in finding.next_steps),
        node(
            "div",
            asks,
            node("span", more) if more else NOTHING,
            node("code", finding.code),
            class_="tools",
        ),
        inside,
        class_=f"is-{finding.severity.word}",
    )


def gaps(left_out: Iterable[Gap]) -> Iterable[Html]:
    """A heading and a list; nothing where all was looked at."""
    items = [node("li", f"{one_line(g.what)}: {one_line(g.why)}") for g in left_out]
    if items:
        yield node("h2", "Not checked")
        yield node("ul", *items)
