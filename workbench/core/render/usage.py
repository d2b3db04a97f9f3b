"""What is in use beside what was requested and what is the limit: a bar a container or node, with
the numbers beside it, so that it reads without its colours too."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from workbench.core.characters import one_line
from workbench.core.render.html import NOTHING, Html, tag

BARS_MOST = 20
NEAR = 0.9
"""Of a limit: from here a bar is drawn as trouble. A container at its memory limit is killed."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One thing measured. Amounts are all in the same unit; None is not known or not set.

    shown: the amount in use with its unit (``231 MiB``), beside the bar.
    """

    name: str
    used: float | None
    request: float | None = None
    limit: float | None = None
    shown: str = ""

    @property
    def share(self) -> float:
        """Of the limit, or of the request where there is no limit; 0 when neither is set."""
        most = self.limit or self.request
        return (self.used or 0.0) / most if most else 0.0


def fullest(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Those worth looking at first."""
    return tuple(sorted(bars, key=lambda b: -b.share)[:BARS_MOST])


def html(title: str, bars: Sequence[Bar]) -> Html:
    """One bar a line, the fullest first; a mark at the request, the bar's end is the limit."""
    shown = fullest(bars)
    left = len(bars) - len(shown)
    more = tag("footer", f"{left} more have more room") if left else NOTHING
    return tag(
        "section",
        tag("h4", title),
        tag("ul", *(_bar(b) for b in shown), class_="wb-bars"),
        more,
        class_="wb wb-quiet",
    )


def _bar(bar: Bar) -> Html:
    end = max(bar.limit or 0.0, bar.request or 0.0, bar.used or 0.0) or 1.0
    full = bar.limit is not None and bar.share >= NEAR
    over = not bar.limit and bar.share > 1
    mark = (
        tag("i", style=f"left:{100 * bar.request / end:.1f}%", class_="wb-request")
        if bar.request
        else NOTHING
    )
    filled = tag("b", style=f"width:{100 * (bar.used or 0.0) / end:.1f}%")
    against = "limit" if bar.limit else "request"
    share = f"{bar.share:.0%} of {against}" if bar.limit or bar.request else "no limit, no request"
    return tag(
        "li",
        tag("span", one_line(bar.name, 60), class_="wb-tool"),
        " ",
        tag("span", filled, mark, class_="wb-bar"),
        " ",
        tag("span", f"{bar.shown} · {share}", class_="wb-time"),
        class_="wb-full" if full else "wb-over" if over else "",
    )
