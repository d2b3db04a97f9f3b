"""An executed notebook as one page to read, which runs and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.characters import bounded, one_line, visible
from workbench.core.render.html import NOTHING, Html, stylesheet, tag

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""What cells displayed may bring its own styles, and nothing else (W3C CSP Level 3). Served, it
also needs ``sandbox``, which a page cannot say of itself."""
MOST = 200_000
"""Characters of one output."""
PICTURES = ("image/png", "image/jpeg")
STYLE = """
main > div { overflow-x: auto; margin: .6rem 0; }
main > details { margin: 1.2rem 0 .3rem; }
main > p { white-space: pre-wrap; overflow-wrap: anywhere; }
table.dataframe { border-collapse: collapse; font-size: .88rem; }
table.dataframe th, table.dataframe td { padding: .2rem .6rem; text-align: left; border: 0; }
"""
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def page(notebook: Mapping[str, Any], title: str, about: str = "") -> str:
    """The notebook's cells with what they displayed. HTML in outputs stays HTML: a page is made of
    what this server's own runbooks displayed, and POLICY keeps all of it from doing anything."""
    style = "".join(stylesheet(name) for name in ("page", "card", "timeline")) + STYLE
    cells = (part for cell in notebook.get("cells", ()) for part in _cell(cell))
    main = tag("main", tag("h1", one_line(title, 200)), tag("p", about, class_="about"), *cells)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"{tag('title', one_line(title, 200))}<style>{style}</style></head>"
        f"<body>{main}</body></html>\n"
    )


def _cell(cell: Mapping[str, Any]) -> Iterator[Html]:
    source = _text(cell.get("source", ""))
    if cell.get("cell_type") == "markdown":
        yield from _words(source)
        return
    if source.strip():
        first = one_line(source.strip().partition("\n")[0], 120)
        code = tag("pre", tag("code", visible(source)), class_="wb-command")
        yield tag("details", tag("summary", tag("code", first)), code)
    for output in cell.get("outputs", ()):
        yield from _output(output)


def _words(source: str) -> Iterator[Html]:
    """Markdown as what it says: headings, and paragraphs of plain text."""
    for part in re.split(r"\n\s*\n", source.strip()):
        heading = re.match(r"(#{1,6})\s+(.*)", part)
        yield tag("h2", heading[2]) if heading else tag("p", part)


def _output(output: Mapping[str, Any]) -> Iterator[Html]:
    kind = output.get("output_type")
    if kind == "stream":
        yield _plain(_text(output.get("text", "")))
    elif kind == "error":
        said = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        yield _plain("\n".join(map(str, said)))
    else:
        yield _shown(output.get("data", {}))


def _shown(data: Mapping[str, Any]) -> Html:
    """The richest form there is of what was displayed."""
    if "text/html" in data:
        return Html(f"<div>{_text(data['text/html'])}</div>")
    for kind in PICTURES:
        if kind in data:
            packed = "".join(_text(data[kind]).split())
            return tag("img", src=f"data:{kind};base64,{packed}", alt="")
    return _plain(_text(data["text/plain"])) if "text/plain" in data else NOTHING


def _plain(text: str) -> Html:
    return tag("pre", bounded(_COLOUR.sub("", text), MOST), class_="wb-text")


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
