"""The list of conversations beside a chat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from workbench.chat.elements import button, node, region, when
from workbench.core.characters import one_line
from workbench.core.duration import age
from workbench.core.render.html import Html
from workbench.store.conversations import Conversation

UNTITLED = "Without a title"
WORDS = 200
"""Characters of a search."""


def side() -> Html:
    """Where the list stands, with what begins a new one and the search."""
    fresh = button("New question", do="fresh", class_="main-button", title="n")
    line = node(
        "input", name="words", type="search", placeholder="Search (f)", aria_label="Search",
        maxlength=str(WORDS),
    )  # fmt: skip
    search = node("form", line, data_do="search", data_live="yes", role="search")
    shown = region("list", element="ul", class_="list")
    return node("aside", fresh, search, shown, class_="side", aria_label="Conversations")


def listed(
    found: Sequence[Conversation], current: str, cluster: str, now: datetime
) -> tuple[Html, ...]:
    """One item each, last used first; ``current`` is the id of the open one, ``cluster`` the one
    that is looked at here."""
    return tuple(item(one, current, cluster, now) for one in found)


def item(one: Conversation, current: str, cluster: str, now: datetime) -> Html:
    """A conversation with what can be done to it, and its clusters where it has another one."""
    id, title = str(one.id), one_line(one.title, 120) or UNTITLED
    opens = node(
        "a",
        title,
        node("span", _used(one.updated_at, now), *_elsewhere(one, cluster)),
        href=f"chat?c={id}",
        data_do="conversation",
        data_id=id,
        aria_current="true" if id == current else "",
    )
    menu = node(
        "details",
        node("summary", "⋯", aria_label=f"More for {title}"),
        node(
            "div",
            button("Rename", do="renaming", class_="plain", data_id=id),
            button("Delete", do="delete", class_="plain", data_id=id, data_sure="Really delete"),
        ),
        class_="more pops",
    )
    return node("li", opens, menu, id=f"conversation-{id}")


def _used(at: datetime, now: datetime) -> Html:
    """How long ago; the page counts on from there, whatever the time is where it is open."""
    seconds = max(int((now - at).total_seconds()), 0)
    return node("time", f"{age(at, now)} ago", title=f"{when(at)} UTC", data_age=str(seconds))


def _elsewhere(one: Conversation, cluster: str) -> tuple[str | Html, ...]:
    if set(one.clusters) <= {cluster}:
        return ()
    return (" · ", node("b", one_line(", ".join(one.clusters), 80)))


def renaming(one: Conversation) -> Html:
    """The same as a form for another title."""
    id = str(one.id)
    line = node("input", name="title", value=one.title, maxlength="500", aria_label="Title")
    save = node("button", "Save", class_="second")
    form = node("form", line, save, data_do="rename", data_id=id, data_undo="listing")
    return node("li", form, id=f"conversation-{id}")
