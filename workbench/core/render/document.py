"""A whole HTML document that runs nothing and loads nothing."""

from __future__ import annotations

import base64
import hashlib

from workbench.core.render.html import Html, stylesheet, tag


def document(title: str, *children: str, sheets: tuple[str, ...] = (), style: str = "") -> str:
    """The children under the style sheets ``page`` and ``card``, those named, and ``style``."""
    named = (stylesheet(name) for name in ("page", "card", *sheets))
    css = "".join((*named, style))
    main = tag("main", *children)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(css)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"{tag('title', title)}{tag('style', Html(css))}</head><body>{main}</body></html>\n"
    )


def policy(style: str) -> str:
    """Nothing but this very style sheet (W3C Content Security Policy Level 3)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
