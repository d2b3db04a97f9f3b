"""A comparison reads well on every surface, whatever the cluster put into it."""

from __future__ import annotations

import msgspec

from tests.support import samples
from workbench.core.difference import Comparison, difference, side, unanswered
from workbench.core.evidence import Evidence
from workbench.core.render import difference as render


def comparison(before: str = "one\ntwo\nthree", after: str = "one\n2\nthree") -> Comparison:
    first = row(before)
    sides = (side(first, "INV-1"), side(first, "INV-2"))
    pair = difference(first, row(after), sides)
    gone = unanswered(first, sides[0], "no connected server offers this tool")
    return Comparison(before="INV-1", after="staging now", differences=(pair, gone))


def row(text: str) -> Evidence:
    return msgspec.structs.replace(samples.EVIDENCE[0], text=text, data=None)


def test_text_shows_the_lines_that_differ() -> None:
    shown = render.text(comparison())
    here = samples.EVIDENCE[0].cluster
    assert shown.startswith(
        f"INV-1 on {here} → staging now on {here}: 1 of 1 answers changed, 1 could not be compared."
    )
    assert "-two\n" in shown
    assert "+2\n" in shown
    assert "not compared: no connected server offers this tool" in shown


def test_two_clusters_are_told_apart_on_every_surface() -> None:
    found = comparison()
    first, second = found.differences
    assert first.after is not None
    other = msgspec.structs.replace(first.after, cluster="staging")
    there = msgspec.structs.replace(first, after=other)
    two = msgspec.structs.replace(found, differences=(there, second))
    for show in (render.text, render.markdown, render.html):
        assert "+ and what is right is staging" in str(show(two))
        assert "Two clusters" not in str(show(found))
    assert render.headline(two).startswith(f"INV-1 on {first.before.cluster} → staging now: ")


def test_hostile_text_stays_text() -> None:
    found = comparison(after=samples.HOSTILE)
    page = str(render.html(found))
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page + render.text(found) + render.markdown(found)


def test_a_long_difference_is_cut_and_says_so() -> None:
    shown = render.text(comparison("\n".join(map(str, range(500))), "x"))
    assert "more lines" in shown
    assert len(shown.splitlines()) < 60
