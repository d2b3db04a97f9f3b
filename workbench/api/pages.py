"""Pages to read: they run no script and load nothing, and their policy says so."""

from __future__ import annotations

import base64
import hashlib

from starlette.responses import HTMLResponse

from workbench.core.render.html import Html, stylesheet, tag


def reading_page(title: str, main: Html, style: str = "", status: int = 200) -> HTMLResponse:
    """A whole page of that ``<main>``, in the look of the reports; ``style`` is added to theirs."""
    looks = stylesheet("page") + style
    digest = base64.b64encode(hashlib.sha256(looks.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    )
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{tag("title", title)}<link rel="icon" href="data:,"><style>{looks}</style>'
    )
    return HTMLResponse(
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{main}</body></html>\n',
        status,
        {"Content-Security-Policy": policy},
    )
