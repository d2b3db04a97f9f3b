"""Knowledge as fragments: passages that were found, documents that are kept, and a file's form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workbench.chat.elements import button, choice, node, rows, when
from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.knowledge import Found, Passage, Type
from workbench.core.render.html import Html
from workbench.core.render.passages import UNCHECKED
from workbench.knowledge.ingest import Report
from workbench.knowledge.librarian import MOST_BYTES
from workbench.knowledge.reading import READERS
from workbench.store.passages import Kept

COLUMNS = ("Document", "What", "Whose", "Passages", "Codes", "")
KINDS = [("", "any but conversations"), *((t.value, t.value) for t in Type)]
CODES_MOST = 4


def searching() -> Html:
    """Where a question is put."""
    words = node(
        "input",
        type="search",
        name="words",
        maxlength="2000",
        placeholder="A symptom, an error, a code (f)",
        aria_label="Search",
    )
    search = node("button", "Search", type="submit", class_="second")
    kind = choice("type", "Kind", KINDS)
    return node("form", words, kind, search, class_="filters", data_do="search", role="search")


def taking(shares: bool) -> Html:
    """Where a file is handed in."""
    file = node(
        "input",
        type="file",
        name="file",
        required="required",
        accept=",".join(READERS),
        aria_label="File",
        data_most=str(MOST_BYTES),
    )
    shared = node("input", type="checkbox", name="shared")
    parts = [node("div", file), node("div", choice("type", "Kind", [("", "as it looks"), *_own()]))]
    if shares:
        parts.append(node("div", node("label", shared, " for everybody", class_="check")))
    take = node("button", "Take in", type="submit", class_="main-button")
    about = (
        "Markdown, HTML, PDF, notebooks, text and Prometheus rules, up to "
        f"{MOST_BYTES // 1000} kB. Secrets are taken out first. The name stands for the document."
    )
    return node(
        "details",
        node("summary", "Take in a file"),
        node("form", *parts, take, class_="form", data_do="take", data_files="yes"),
        node("p", about, class_="dim"),
        class_="fold",
    )


def found(told: Found) -> Html:
    """The passages, the best first."""
    how = node("p", f"{counted(len(told.passages), 'passage')} ({told.how})", class_="dim")
    return node("div", how, node("ol", *map(_passage, told.passages), class_="findings"))


def taken(report: Report, name: str) -> Html:
    """What became of a file."""
    kept = counted(report.passages, "passage") if report.added else "unchanged since the last time"
    return node("p", f"{one_line(name, 200)}: {kept}.", role="status")


def listed(kept: Sequence[Kept], *, writes: bool, shares: bool) -> Html:
    """Documents, those that this person may remove with a button for it."""
    if not kept:
        return node("p", "There are none yet.", class_="dim")
    shown = (_row(one, shares if one.shared else writes) for one in kept)
    return rows(COLUMNS, shown, numbers=("Passages",))


def _own() -> Iterable[tuple[str, str]]:
    """What a person may say that a file is."""
    return ((t.value, t.value) for t in (Type.NOTE, Type.PAGE, Type.RUNBOOK, Type.ALERT))


def _passage(passage: Passage) -> Html:
    kind = UNCHECKED if passage.type is Type.CONVERSATION else passage.type.value
    about = f"{passage.address} · {kind} · {when(passage.at)} UTC"
    return node(
        "li",
        node("h3", passage.heading or passage.title),
        node("p", *_highlighted(passage)),
        node(
            "details",
            node("summary", "The whole passage", class_="dim"),
            node("pre", passage.text),
        ),
        node("div", about, class_="dim"),
    )


def _highlighted(passage: Passage) -> Iterator[str]:
    """The part that fits, with the words that were asked for marked."""
    at = 0
    for first, last in passage.highlights:
        yield passage.snippet[at:first]
        yield node("mark", passage.snippet[first:last])
        at = last
    yield passage.snippet[at:]


def _row(one: Kept, removes: bool) -> Sequence[str]:
    name = node("span", one_line(one.title, 200), node("div", one.source, class_="dim"))
    codes = ", ".join(one.codes[:CODES_MOST]) + (" …" if one.codes[CODES_MOST:] else "")
    remove = button("Remove", do="remove", data_id=str(one.id), data_sure="Really remove")
    whose = "everybody's" if one.shared else "yours"
    return (
        name,
        one.type.value,
        whose,
        str(one.passages),
        node("code", codes) if codes else "",
        remove if removes else "",
    )
