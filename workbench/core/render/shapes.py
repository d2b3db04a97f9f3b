"""The shape of each lane's marks, so that lanes can be told apart without colours."""

from __future__ import annotations

from workbench.core.render.html import Html, tag
from workbench.core.timeline.moment import Lane

_PATHS: dict[Lane, tuple[str, bool]] = {
    Lane.ALERT: ("M0,-7 L6.7,-2.2 L4.1,5.7 L-4.1,5.7 L-6.7,-2.2 Z", True),
    Lane.CHANGE: ("M0,-7 L7,0 L0,7 L-7,0 Z", True),
    Lane.WARNING: ("M0,-6 L6.5,5.5 L-6.5,5.5 Z", True),
    Lane.RESTART: ("M-5,-5 L5,5 M5,-5 L-5,5", False),
    Lane.NODE: ("M-5.5,-5.5 H5.5 V5.5 H-5.5 Z", True),
    Lane.LOG: ("M-5,-4.5 H5 M-5,0 H5 M-5,4.5 H2", False),
    Lane.ACTIVITY: ("M0,-4 A4,4 0 1 1 0,4 A4,4 0 1 1 0,-4 Z", True),
    Lane.AGENT: ("M0,-6 V6 M-6,0 H6", False),
    Lane.NOTE: ("M-4,7 V-7 L6,-3.5 L-4,0", True),
}
"""A path around the origin and whether it encloses anything."""


def shape(lane: Lane, x: float, y: float) -> Html:
    """The lane's mark at a place. Its colour comes from the group it is in."""
    path, closed = _PATHS[lane]
    return tag(
        "path",
        d=path,
        transform=f"translate({x:g} {y:g})",
        class_="wt-shape" if closed else "wt-shape wt-hollow",
        **{"stroke-width": "1.5" if closed else "2.4", "stroke-linecap": "round"},
    )
