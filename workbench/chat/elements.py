"""The few elements pages are made of. All of it goes through ``core.render.html.tag``, which
escapes whatever is not markup already."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime

from workbench.core.render.html import Html, tag


def node(name: str, /, *children: str, **attributes: str) -> Html:
    """``tag`` with attributes of several words: ``data_do`` is written ``data-do``."""
    return tag(
        name, *children, **{k.rstrip("_").replace("_", "-"): v for k, v in attributes.items()}
    )


def region(name: str, /, *parts: Html, element: str = "div", **attributes: str) -> Html:
    """A place that a screen puts fragments into."""
    return node(element, *parts, data_region=name, **attributes)


def button(*words: str, do: str = "", here: str = "", **attributes: str) -> Html:
    """A button that tells the server (``do``) or stays within the page (``here``)."""
    return node("button", *words, type="button", data_do=do, data_here=here, **attributes)


def drop(region: str, label: str, **attributes: str) -> Html:
    """A button that empties a region, or closes the drawer."""
    return node("button", "×", type="button", data_drop=region, aria_label=label, **attributes)


def choice(name: str, label: str, offered: Iterable[tuple[str, str]], chosen: str = "") -> Html:
    """A labelled menu of values and the words for them."""
    return node("label", label, node("select", *options(offered, chosen), name=name))


def options(offered: Iterable[tuple[str, str]], chosen: str = "") -> Iterable[Html]:
    """What a menu offers: values and the words for them."""
    return (
        node("option", words, value=value or " ", selected="selected" if value == chosen else "")
        for value, words in offered
    )


def field(name: str, label: str, value: str = "", **attributes: str) -> Html:
    """A labelled line to write in."""
    given = node("input", name=name, value=value, autocomplete="off", **attributes)
    return node("label", label, given)


def narrowing(listed: str, words: str) -> Html:
    """A field that narrows the list of that region; ``words`` say what is searched."""
    return node("input", type="search", placeholder=words, aria_label="Search", data_filter=listed)


def facts(pairs: Iterable[tuple[str, str | Html]]) -> Html:
    """Names and values below each other; those without a value are left out."""
    return node("dl", *(part for k, v in pairs if v for part in (node("dt", k), node("dd", v))))


def rows(
    columns: Sequence[str], found: Iterable[Sequence[str]], numbers: Container[str] = ()
) -> Html:
    """A table; cards on a phone. ``numbers``: the columns that stand at the right."""
    sides = ["number" if c in numbers else "" for c in columns]
    head = node("tr", *(node("th", c, class_=s) for c, s in zip(columns, sides, strict=True)))
    body = (
        node(
            "tr",
            *(
                node("td", cell, class_=side, data_label=name)
                for name, side, cell in zip(columns, sides, cells, strict=True)
            ),
        )
        for cells in found
    )
    made = node("table", node("thead", head), node("tbody", *body))
    return node("div", made, class_="grid cards")


def when(at: datetime) -> str:
    """``2026-03-01 02:50`` UTC."""
    return f"{at:%Y-%m-%d %H:%M}"
