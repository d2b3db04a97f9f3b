"""Incidents as fragments: a list, one of them whole, and the forms that open and close one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from workbench.chat.elements import choice, facts, field, node, when
from workbench.core.characters import one_line
from workbench.core.incident import Incident, Outcome, Similar
from workbench.core.render.html import Html

TITLE_MOST, TEXT_MOST = 500, 10_000
OUTCOMES = {
    Outcome.FIXED: "fixed",
    Outcome.MITIGATED: "mitigated, not fixed",
    Outcome.PASSED: "went away by itself",
    Outcome.UNFIXED: "not fixed",
}
SEEN_MOST = 12


def listed(found: Iterable[Incident]) -> Html:
    """The newest first."""
    items = [_entry(one) for one in found]
    return node("ul", *items, class_="books") if items else node("p", "There are none yet.")


def new(namespaces: str = "namespaces") -> Html:
    """Where one is opened."""
    shared = node("input", type="checkbox", name="shared")
    fields = (
        field("title", "What happens", maxlength=str(TITLE_MOST), required="required"),
        field("namespace", "Namespace", list=namespaces, maxlength="253"),
        field("investigation", "Investigation", maxlength="40", placeholder="INV-3"),
        node("label", shared, " for everybody", class_="check"),
    )
    opens = node("button", "Open", type="submit", class_="main-button")
    form = node("form", *(node("div", f) for f in fields), opens, class_="form", data_do="open")
    return node("details", node("summary", "Open an incident"), form, class_="fold")


def opened(one: Incident, *, writes: bool, closes: bool) -> Html:
    """One of them. writes: this person may add to it; closes: and say what it was."""
    whose = "everybody's" if one.owner is None else "not shared"
    labels = (
        node(
            "a",
            label,
            href=f"api/investigations/{quote(label)}/report",
            target="_blank",
            rel="noopener",
        )
        for label in one.investigations
    )
    return node(
        "section",
        node("h1", one.title),
        node("div", one.label, " ", _state(one), class_="tools"),
        facts(
            (
                ("Opened", f"{when(one.opened_at)} UTC by {one.opened_by} · {whose}"),
                ("Namespace", one.namespace),
                ("Investigations", node("span", *_spaced(labels)) if one.investigations else ""),
                ("Cause", one.cause),
                ("Fix", one.fix),
                ("Closed", _closed(one)),
                ("Found by", _seen(one)),
            )
        ),
        *_notes(one),
        *(_adding(one) if writes else ()),
        *(_closing(one) if closes and not one.closed_at else ()),
    )


def alike(found: Iterable[Similar]) -> Html:
    """Closed ones that are like it, and why."""
    items = [node("li", _entry_link(s.incident), *_lesson(s.incident), _why(s)) for s in found]
    if not items:
        return node("p", "No closed incident is like it.", class_="dim")
    return node("ol", *items, class_="findings")


def _entry(one: Incident) -> Html:
    about = f"{one.label} · {when(one.opened_at)} UTC · {one.opened_by}"
    link = _entry_link(one, node("span", about), node("span", _state(one)))
    words = f"{one.label} {one.title} {one.namespace} {one.cause} {one.fix}".lower()
    return node("li", link, data_words=one_line(words, 2_000))


def _entry_link(one: Incident, *more: Html) -> Html:
    return node(
        "a",
        node("b", one_line(one.title, 200)),
        *more,
        href=f"incidents?id={one.label}",
        data_do="incident",
        data_id=one.label,
    )


def _state(one: Incident) -> Html:
    if one.outcome is None:
        return node("b", "open", class_="is-awaiting")
    tone = "complete" if one.outcome is Outcome.FIXED else "cancelled"
    return node("b", OUTCOMES[one.outcome], class_=f"is-{tone}")


def _closed(one: Incident) -> str:
    return f"{when(one.closed_at)} UTC by {one.closed_by}" if one.closed_at else ""


def _seen(one: Incident) -> str:
    seen = list(dict.fromkeys(f.partition(":")[2] for f in one.features))
    return ", ".join(seen[:SEEN_MOST]) + (" …" if seen[SEEN_MOST:] else "")


def _lesson(one: Incident) -> Iterator[Html]:
    yield node("span", " ", _state(one))
    yield node("p", f"Cause: {one.cause}")
    if one.fix:
        yield node("p", f"Fix: {one.fix}")


def _why(one: Similar) -> Html:
    return node("p", "; ".join(one.why), class_="dim")


def _notes(one: Incident) -> Iterator[Html]:
    if one.notes:
        yield node("h2", "Notes")
        items = (
            node("li", node("span", f"{when(n.at)} {n.author} ", class_="dim"), n.text)
            for n in one.notes
        )
        yield node("ul", *items, class_="gates")


def _adding(one: Incident) -> Iterator[Html]:
    label = {"data_id": one.label}
    note = node(
        "div",
        field("text", "Note", maxlength=str(TEXT_MOST), required="required"),
        class_="long",
    )
    save = node("button", "Add", type="submit", class_="second")
    yield node("form", note, save, class_="form", data_do="note", **label)
    if not one.closed_at:
        which = field("investigation", "Investigation", required="required", placeholder="INV-3")
        attach = node("button", "Attach", type="submit", class_="second")
        yield node("form", node("div", which), attach, class_="form", data_do="attach", **label)


def _closing(one: Incident) -> Iterator[Html]:
    outcomes = [(o.value, words) for o, words in OUTCOMES.items()]
    fields = (
        node("div", _text("cause", "What was the cause?", required=True), class_="long"),
        node("div", _text("fix", "What helped?"), class_="long"),
        node("div", choice("outcome", "How did it end?", outcomes)),
    )
    close = node(
        "button", "Close", type="submit", class_="main-button", data_sure="Really close it"
    )
    about = "What you say here is what later investigations may learn from."
    yield node("h2", "Close it")
    yield node("p", about, class_="dim")
    yield node("form", *fields, close, class_="form", data_do="close", data_id=one.label)


def _text(name: str, label: str, *, required: bool = False) -> Html:
    needed = "required" if required else ""
    return node(
        "label",
        label,
        node("textarea", name=name, maxlength=str(TEXT_MOST), required=needed),
    )


def _spaced(parts: Iterable[Html]) -> Iterator[str]:
    for part in parts:
        yield part
        yield " "
