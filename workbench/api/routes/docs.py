"""``/api/docs``: the OpenAPI document as a page to read. It runs no script and loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from workbench.api.pages import reading_page
from workbench.core.render.html import NOTHING, Html, tag

router = APIRouter(tags=["system"])

STYLE = """
.op { border-top: 1px solid #8884; padding: .8rem 0 .4rem; scroll-margin-top: 1rem; }
.op h3 { font: 600 1rem ui-monospace, monospace; margin: 0; overflow-wrap: anywhere; }
.op b { display: inline-block; min-width: 4.2em; }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
pre { overflow: auto; border-left: 3px solid #8886; padding: .3rem .8rem; font-size: .86em; }
table { border-collapse: collapse; width: 100%; }
td { padding: .2rem .8rem .2rem 0; vertical-align: baseline; overflow-wrap: anywhere; }
ul { padding-left: 1.2rem; }
"""


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> HTMLResponse:
    """Every route and every noun of this API, from `/api/openapi.json`."""
    described = request.app.openapi()
    return reading_page(described["info"]["title"], page(described), STYLE)


def page(document: dict[str, Any]) -> Html:
    """The document as HTML."""
    about = document["info"]
    return tag(
        "main",
        tag("h1", f"{about['title']} {about['version']}"),
        *(tag("p", line) for line in about.get("description", "").strip().split("\n\n")),
        tag("p", tag("a", "openapi.json", href="openapi.json"), " is this for programs."),
        *_operations(document["paths"]),
        tag("h2", "Nouns"),
        *_nouns(document.get("components", {}).get("schemas", {})),
    )


def _operations(paths: dict[str, Any]) -> Iterator[Html]:
    last = ""
    for path, methods in paths.items():
        for method, operation in methods.items():
            group = (operation.get("tags") or ["other"])[0]
            if group != last:
                last = group
                yield tag("h2", group.capitalize())
            yield _operation(method.upper(), path, operation)


def _operation(method: str, path: str, operation: dict[str, Any]) -> Html:
    rows = [_parameter(p) for p in operation.get("parameters", ())]
    body = operation.get("requestBody", {}).get("content", {})
    takes = [tag("p", "Takes ", _shape(c.get("schema", {})), f" ({m})") for m, c in body.items()]
    answers = [
        tag("li", tag("code", status), " ", answer.get("description", ""), " ", *_shapes(answer))
        for status, answer in operation.get("responses", {}).items()
    ]
    return tag(
        "section",
        tag("h3", tag("b", method), path),
        tag("p", operation.get("description", operation.get("summary", ""))),
        tag("table", *rows) if rows else NOTHING,
        *takes,
        tag("ul", *answers),
        class_="op",
    )


def _parameter(given: dict[str, Any]) -> Html:
    words = given.get("description", "") or given.get("schema", {}).get("description", "")
    needed = "required" if given.get("required") else ""
    cells = (tag("code", given["name"]), f"{given['in']} {needed}".strip(), words)
    return tag("tr", tag("td", cells[0]), tag("td", cells[1]), tag("td", cells[2]))


def _shapes(answer: dict[str, Any]) -> Iterator[Html]:
    for content in answer.get("content", {}).values():
        yield _shape(content.get("schema", {}))


def _shape(schema: dict[str, Any]) -> Html:
    """The name of a noun as a link to it; other shapes in a word."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return tag("a", name, href=f"#{name}")
    items = schema.get("properties", {}).get("items", {}).get("items", schema.get("items"))
    if isinstance(items, dict):
        return Html("many " + _shape(items))
    return tag("span", str(schema.get("type", "")))


def _nouns(schemas: dict[str, Any]) -> Iterator[Html]:
    for name, schema in sorted(schemas.items()):
        shown = msgspec.json.format(msgspec.json.encode(schema), indent=2).decode()
        about = schema.get("description", "").partition("\n")[0]
        fold = tag("details", tag("summary", "fields"), tag("pre", shown))
        yield tag("section", tag("h3", name), tag("p", about), fold, class_="op", id=name)
