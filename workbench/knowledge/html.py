"""The text of an HTML page as Markdown: headings, paragraphs, lists and code."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LEFT_OUT = frozenset({
    "script", "style", "nav", "header", "footer", "aside", "svg", "form", "noscript", "template",
    "button", "iframe", "title",
})  # fmt: skip
_BREAKS = frozenset({"p", "div", "section", "article", "table", "ul", "ol", "dl", "blockquote"})
_LINES = frozenset({"br", "tr", "dt", "dd"})
_CONTENT = re.compile(r"<(main|article)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def markdown(page: str) -> tuple[str, str]:
    """The title and the text; only of ``main`` or ``article`` where there is one."""
    titled = _TITLE.search(page)
    content = _CONTENT.search(page)
    writer = _Writer()
    writer.feed(content[0] if content else page)
    writer.close()
    return _plain(titled[1]) if titled else "", writer.text


def _plain(markup: str) -> str:
    writer = _Writer()
    writer.feed(markup)
    writer.close()
    return " ".join(writer.text.split())


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._left_out: list[str] = []
        self._anchor = ""
        self._code = False

    @property
    def text(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", "".join(self._parts)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LEFT_OUT:
            self._left_out.append(tag)
        elif tag == "pre":
            self._code = True
            self._parts.append("\n\n```\n")
        elif re.fullmatch("h[1-6]", tag):
            self._anchor = dict(attrs).get("id") or ""
            self._parts.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag in _BREAKS or tag in _LINES:
            self._parts.append("\n\n" if tag in _BREAKS else "\n")
        elif tag in ("td", "th"):
            self._parts.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if self._left_out and tag == self._left_out[-1]:
            self._left_out.pop()
        elif tag == "pre":
            self._code = False
            self._parts.append("\n```\n\n")
        elif re.fullmatch("h[1-6]", tag):
            self._parts.append(f" {{#{self._anchor}}}\n\n" if self._anchor else "\n\n")
        elif tag in _BREAKS:
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self._parts.append(data if self._code else re.sub(r"\s+", " ", data))
