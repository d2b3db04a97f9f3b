"""What stands around every screen: the menu, the name of the cluster, and room for the content."""

from __future__ import annotations

from workbench.chat.elements import button, drop, node, region
from workbench.chat.visitor import Visit
from workbench.core.characters import one_line
from workbench.core.render.html import NOTHING, Html, joined

MENU = {
    "chat": "Chat",
    "triage": "Triage",
    "runbooks": "Runbooks",
    "approvals": "Approvals",
    "incidents": "Incidents",
    "knowledge": "Knowledge",
    "tools": "Tools",
    "audit": "Audit",
    "usage": "Usage",
}


def framed(current: str, visit: Visit, room: Html) -> Html:
    """The whole page of a screen. ``room`` is one element with the class ``room``."""
    links = (
        node("a", title, href=name, aria_current="page" if name == current else "")
        for name, title in MENU.items()
    )
    where = f"{visit.workbench.cluster} · {visit.visitor.name}"
    side = button(
        "☰", here="side", class_="plain menu", aria_label="Conversations", aria_expanded="false"
    )
    top = node(
        "header",
        side if current == "chat" else NOTHING,
        node("strong", "Kubernetes Workbench"),
        node("nav", *links, aria_label="Pages"),
        node("span", one_line(where, 80), class_="where", title=where),
        button("◐", here="look", class_="plain", aria_label="Light or dark", title="Light or dark"),
        class_="top",
    )
    lost = node("div", "Connection lost. Coming back by itself …", class_="lostline", role="status")
    return joined((node("div", lost, top), room))


def screen(current: str, visit: Visit, *parts: Html) -> Html:
    """A page with one column and a drawer."""
    heading = node("h1", MENU[current], class_="heard")
    column = node("div", heading, region("notice"), *parts, class_="column")
    main = node("main", node("div", column, class_="scroll"), drawer(), class_="main")
    return framed(current, visit, node("div", main, class_="room wide"))


def drawer() -> Html:
    """Where evidence opens."""
    close = drop("drawer", "Close", class_="plain close")
    return node(
        "aside", close, region("drawer"), class_="drawer", tabindex="-1", aria_label="Evidence"
    )
