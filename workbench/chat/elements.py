"""The few elements pages are made of. All of it goes through ``core.render.html.tag``, which
escapes whatever is not markup already."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.core.render.html import Html, tag


def node(name: str, /, *children: str, **attributes: str) -> Html:
    """``tag`` with attributes of several words: ``data_do`` is written ``data-do``."""
    return tag(
        name, *children, **{k.rstrip("_").replace("_", "-"): v for k, v in attributes.items()}
    )


def region(name: str, *parts: Html, element: str = "div", **attributes: str) -> Html:
    """A place that a screen puts fragments into."""
    return node(element, *parts, data_region=name, **attributes)


def button(*words: str, do: str = "", here: str = "", **attributes: str) -> Html:
    """A button that tells the server (``do``) or stays within the page (``here``)."""
    return node("button", *words, type="button", data_do=do, data_here=here, **attributes)


def drop(region: str, label: str, **attributes: str) -> Html:
    """A button that empties a region, or closes the drawer."""
    return node("button", "×", type="button", data_drop=region, aria_label=label, **attributes)


def choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "") -> Html:
    """A labelled menu of values and the words for them."""
    made = (
        node("option", words, value=value or " ", selected="selected" if value == chosen else "")
        for value, words in options
    )
    return node("label", label, node("select", *made, name=name))


def field(name: str, label: str, value: str = "", **attributes: str) -> Html:
    """A labelled line to write in."""
    given = node("input", name=name, value=value, autocomplete="off", **attributes)
    return node("label", label, given)


def facts(pairs: Iterable[tuple[str, str | Html]]) -> Html:
    """Names and values below each other; those without a value are left out."""
    return node("dl", *(part for k, v in pairs if v for part in (node("dt", k), node("dd", v))))
