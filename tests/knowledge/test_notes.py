"""The notes that ship say something about codes that exist."""

from __future__ import annotations

import pytest

from workbench.analyzers.catalogue import CATALOGUE
from workbench.knowledge.bundled import notes
from workbench.knowledge.places import Place
from workbench.knowledge.reading import read

NOTES = list(notes())


def test_every_code_has_a_note() -> None:
    there = {note.name for note in NOTES}
    assert {f"notes/{code.lower().replace('_', '-')}.md" for code in CATALOGUE} == there


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.name)
def test_a_note_is_short_and_about_one_code(note: Place) -> None:
    data = note.load()
    heading, _, body = data.decode().partition("\n")
    code = heading.rpartition("(")[2].rstrip(")")
    assert heading == f"# {CATALOGUE[code].title} ({code})"
    assert note.name == f"notes/{code.lower().replace('_', '-')}.md"
    assert read(note.name, data).codes[0] == code
    assert 80 <= len(body.split()) <= 200
