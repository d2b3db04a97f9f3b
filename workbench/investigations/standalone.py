"""A page that stands alone: it runs no script, loads nothing, and says so in its
Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib

from workbench.core.characters import one_line
from workbench.core.render import html


def whole(title: str, *children: str) -> str:
    """An HTML document of those parts, with the style sheets of cards and pictures."""
    style = "".join(html.stylesheet(name) for name in ("page", "card", "timeline"))
    main = html.tag("main", *children)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"{html.tag('title', one_line(title, 120))}<style>{style}</style></head>"
        f"<body>{main}</body></html>\n"
    )


def _policy(style: str) -> str:
    """Nothing but this very style sheet (W3C Content Security Policy Level 3)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
