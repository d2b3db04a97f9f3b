"""What the next question is asked of, over the composer: the cluster, namespaces, how far back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from workbench.chat.elements import button, choice, field, narrowing, node, region
from workbench.chat.screen import Said, number, word
from workbench.core.characters import one_line
from workbench.core.cluster import EVERYTHING, Scope
from workbench.core.render.html import Html
from workbench.errors import UsageError

WINDOWS = (
    ("", "any time"),
    ("900", "the last 15 min"),
    ("3600", "the last hour"),
    ("21600", "the last 6 hours"),
    ("86400", "the last day"),
    ("604800", "the last 7 days"),
)
"""Seconds back, and the words for them."""
LISTED = 500
"""Namespaces with a box each; where there are more, or they may not be listed, they are written."""
NAMESPACES_MOST = 100
"""In one question, as over the API."""
NAME = 253
"""Characters of a name (RFC 1123, subdomain)."""
TICKED = "ns."


class Kept(msgspec.Struct, frozen=True):
    """What was picked, as the browser keeps it. It says nothing about another cluster."""

    cluster: str
    namespaces: tuple[str, ...] = ()
    since: int = 0


def picker(cluster: str, scope: Scope, elsewhere: Iterable[str] = ()) -> Html:
    """The form. Its list of namespaces comes later, into the region ``namespaces``.

    elsewhere: clusters that other servers look at.
    """
    summary = node("summary", region("picked", picked(scope), element="span"))
    listed = region("namespaces", node("p", "Listing the namespaces …", class_="dim"))
    inside = node(
        "div",
        node(
            "div",
            narrowing("namespaces", "Find a namespace"),
            button("All namespaces", do="everywhere", class_="second"),
            class_="find",
        ),
        listed,
        class_="pick",
    )
    return node(
        "form",
        _cluster(cluster, sorted({*elsewhere} - {cluster})),
        node("details", summary, inside, class_="pops"),
        choice("since", "Time", WINDOWS, str(scope.since or "")),
        class_="column of",
        data_do="scope",
        data_live="yes",
        aria_label="What is asked about",
    )


def picked(scope: Scope) -> Html:
    """The namespaces in words."""
    names = one_line(", ".join(scope.namespaces), 200)
    return node("span", names or "all namespaces", title=names)


def listed(known: Collection[str], scope: Scope, times: int) -> Html:
    """What to tick, those in ``scope`` first.

    times: how often it was listed. It makes the form another one than before, so that what is
    ticked again is sent again.
    """
    if not known or len(known) > LISTED:
        names = field("named", "Their names", ", ".join(scope.namespaces), placeholder="shop, cart")
        boxes: Iterable[Html] = (names,)
    else:
        chosen = scope.namespaces
        rest = sorted(set(known) - set(chosen))
        boxes = (_box(name, name in chosen) for name in (*chosen, *rest))
    count = node("input", type="hidden", name="times", value=str(times))
    return node("div", *boxes, count, class_="boxes")


def scope_of(said: Said) -> Scope:
    """What a form says. Raises UsageError for too many namespaces."""
    names = tuple(dict.fromkeys(_names(said)))
    if len(names) > NAMESPACES_MOST:
        raise UsageError(
            f"A question takes at most {NAMESPACES_MOST} namespaces.", "Ask about all of them."
        )
    return Scope(namespaces=names, since=number(said, "since"))


def kept(scope: Scope, cluster: str) -> str:
    """What the browser keeps of it."""
    made = Kept(cluster, scope.namespaces, scope.since)
    return msgspec.json.encode(made).decode()


def restored(text: str, cluster: str) -> Scope:
    """What it kept; everything, where that is of no use."""
    try:
        found = msgspec.json.decode(text, type=Kept)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return EVERYTHING
    names, since = found.namespaces[:NAMESPACES_MOST], found.since
    if found.cluster != cluster or str(since or "") not in dict(WINDOWS):
        return EVERYTHING
    return Scope(namespaces=names, since=since)


def _cluster(cluster: str, others: Collection[str]) -> Html:
    name = one_line(cluster, 80)
    if others:
        names = [(other, one_line(other, 80)) for other in (cluster, *others)]
        return choice("cluster", "Asked of", names, cluster)
    return node("span", "Asked of ", node("b", name), class_="cluster", title=name)


def _names(said: Said) -> Iterator[str]:
    for key in said:
        if isinstance(key, str) and key.startswith(TICKED):
            yield key.removeprefix(TICKED)[:NAME]
    yield from word(said, "named").replace(",", " ").split()


def _box(name: str, ticked: bool) -> Html:
    mark = "checked" if ticked else ""
    box = node("input", type="checkbox", name=f"{TICKED}{name}", checked=mark)
    return node("label", box, one_line(name, NAME), class_="check", data_words=name.lower())
