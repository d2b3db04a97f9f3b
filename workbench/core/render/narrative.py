"""An incident written up, as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.narrative import Narrative
from workbench.core.render import html, markdown


def as_markdown(told: Narrative) -> str:
    """A section a part."""
    paragraphs = (
        f"## {part.title}\n\n{' '.join(markdown.claim(said) for said in part.sentences)}"
        for part in told.parts
    )
    return "\n\n".join([f"> {markdown.plain(told.about)}", *paragraphs])


def as_html(told: Narrative) -> Iterator[html.Html]:
    """The same, in headings and lists."""
    yield html.tag("p", told.about, class_="about")
    for part in told.parts:
        yield html.tag("h2", part.title)
        yield html.tag("div", html.claims(part.sentences), class_="wb wb-quiet")
