"""The knowledge page, as a tab sees it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from tests.chat.conftest import House
from tests.support.postgres import new_id
from workbench.chat.screens.knowledge import Knowledge
from workbench.errors import AccessDenied, DocumentUnreadable, NotRecorded, UsageError
from workbench.knowledge.librarian import MOST_BYTES
from workbench.knowledge.library import Library


@pytest.fixture
async def shelved(house: House) -> House:
    """A house with a library."""
    library = Library(house.workbench.store.passages, new_id)
    house.workbench = replace(house.workbench, knowledge=library)
    return house


def file(name: str, text: str, **more: str) -> dict[str, str]:
    return {"name": name, "base64": base64.b64encode(text.encode()).decode(), **more}


async def test_a_file_is_taken_in_found_and_removed(shelved: House) -> None:
    screen, tab = shelved.opened(Knowledge)
    await screen.do_take(file("dns.md", "# <b>DNS</b>\n\nthe <i>quokka</i> resolver is slow"))
    assert "dns.md: 1 passage" in tab.html("taken")
    assert "upload:dns.md" in tab.html("documents")
    await screen.do_search({"words": "quokka"})
    found = tab.html("found")
    assert "<mark>quokka</mark>" in found
    assert "&lt;b&gt;DNS&lt;/b&gt;" in found
    other, others = shelved.opened(Knowledge, "bob")
    await other.do_search({"words": "quokka"})
    assert "quokka" not in others.html("found")
    await other.do_hello({})
    assert "upload:dns.md" not in others.html("documents")
    (id,) = re.findall(r'data-id="([^"]+)"', tab.html("documents"))
    with pytest.raises(NotRecorded):
        await other.do_remove({"id": id})
    await screen.do_remove({"id": id})
    assert "upload:dns.md" not in tab.html("documents")
    assert "Yours (0)" in tab.html("documents")
    assert re.search(r"Everybody&#x27;s \(\d+\)", tab.html("documents"))


async def test_only_an_administrator_shares_and_removes_what_is_shared(shelved: House) -> None:
    screen, _ = shelved.opened(Knowledge)
    with pytest.raises(AccessDenied):
        await screen.do_take(file("all.md", "for all", shared="on"))
    admin, tab = shelved.opened(Knowledge, "root", sees_all=True)
    await admin.do_take(file("all.md", "for all", shared="on"))
    rows = [r for r in tab.html("documents").split("<tr>") if "upload:all.md" in r]
    (id,) = re.findall(r'data-id="([^"]+)"', rows[0])
    with pytest.raises(AccessDenied):
        await screen.do_remove({"id": id})
    await admin.do_remove({"id": id})
    assert "upload:all.md" not in tab.html("documents")
    reader, seen = shelved.opened(Knowledge, "vera", asks=False)
    await reader.do_hello({})
    assert "data-id" not in seen.html("documents")
    for do in (reader.do_take, reader.do_remove):
        with pytest.raises(AccessDenied):
            await do(file("x.md", "x"))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (file("x.exe", "x"), DocumentUnreadable),
        (file("x.pdf", "x"), DocumentUnreadable),
        (file("big.md", "x" * (MOST_BYTES + 1)), DocumentUnreadable),
        ({"name": "x.md", "base64": "!"}, UsageError),
        ({"name": "", "base64": ""}, UsageError),
    ],
    ids=["kind", "damaged", "large", "broken", "none"],
)
async def test_what_is_no_document_is_refused(
    shelved: House, said: dict[str, str], error: type[Exception]
) -> None:
    screen, _ = shelved.opened(Knowledge)
    with pytest.raises(error):
        await screen.do_take(said)


async def test_a_name_is_never_a_path(shelved: House) -> None:
    screen, tab = shelved.opened(Knowledge)
    await screen.do_take(file("..\\../etc/passwd.md", "some words"))
    assert "upload:passwd.md" in tab.html("documents")
