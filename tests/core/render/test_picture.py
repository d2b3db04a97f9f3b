from __future__ import annotations

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from tests.core.timeline.clusters import WEB, ago, deployment, event, replica_set, snapshot, wrote
from tests.support import samples
from workbench.core.cluster import ObjectRef
from workbench.core.render import picture
from workbench.core.render.axis import axis
from workbench.core.render.packing import LETTER, packed
from workbench.core.render.shapes import _PATHS
from workbench.core.render.timeline import markdown, text
from workbench.core.timeline import LANES, Lane, Moment, Timeline, timeline

SVG = "{http://www.w3.org/2000/svg}"


def incident() -> Timeline:
    return timeline(
        snapshot(
            deployment("web", wrote("argocd", 12)),
            replica_set("web-2", 2, 12),
            event("Deployment web", "Broken", 10, 2, count=30),
        ),
        WEB,
    )


def hostile() -> Timeline:
    bad = samples.HOSTILE
    moment = Moment(
        at=ago(5), lane=Lane.WARNING, subject=ObjectRef("Pod", bad, bad), what=bad, detail=bad,
        warning=True,
    )  # fmt: skip
    return Timeline(
        moments=(moment,), until=ago(0), first_symptom=moment, change=moment, about=moment.subject
    )


@pytest.mark.parametrize("width", [390, 1080])
def test_the_picture_is_xml_that_runs_and_loads_nothing(width: int) -> None:
    for shown in (incident(), hostile()):
        tree = ElementTree.fromstring(picture.svg(shown, width))
        names = {one.tag.removeprefix(SVG) for one in tree.iter()}
        assert names <= {"svg", "title", "style", "rect", "g", "text", "line", "path"}
        attributes = {name for one in tree.iter() for name in one.attrib}
        assert not [a for a in attributes if a.startswith("on") or "href" in a or a == "style"]
        assert "url(" not in picture.stylesheet("timeline")


def test_hostile_text_is_text_on_every_surface() -> None:
    assert "\x1b" not in text(hostile())
    assert "<script" not in markdown(hostile()).replace("\\<", "").split("|---|")[0]
    assert "<script" not in str(picture.figure(hostile()))


def test_the_marked_change_is_a_line_with_its_time() -> None:
    tree = ElementTree.fromstring(picture.svg(incident()))
    assert [one for one in tree.iter(f"{SVG}line") if one.get("class") == "wt-line-change"]
    words = [one.text or "" for one in tree.iter(f"{SVG}text")]
    assert "changed 12:48:00" in words
    assert "broke 12:50:00" in words


def test_every_mark_says_what_it_is_when_pointed_at() -> None:
    page = picture.svg(incident())
    assert "12:50:00 (0s) Deployment shop/web: Broken ×30 until 12:58:00" in page


def test_lanes_differ_in_shape() -> None:
    assert set(_PATHS) == set(LANES) == set(Lane)
    assert len({path for path, _ in _PATHS.values()}) == len(Lane)


@pytest.mark.parametrize("width", [390, 1080])
def test_labels_do_not_cover_each_other(width: int) -> None:
    moments = tuple(
        Moment(at=ago(n / 3), lane=Lane.WARNING, subject=WEB, what=f"Trouble{n % 9}", warning=True)
        for n in range(60)
    )
    shown = Timeline(moments=moments, until=ago(0))
    placed = packed(shown, moments, axis(shown, 100, width), rows=5, letters=40)
    boxes = []
    for p in placed:
        wide = len(p.label) * LETTER
        if p.label:
            left = p.x - 7 - wide if p.before else p.x - 7
            boxes.append((p.row, left, left + 14 + wide))
    assert boxes
    for one, other in combinations(boxes, 2):
        assert one[0] != other[0] or one[2] <= other[1] or other[2] <= one[1]


def test_ticks_stand_at_round_times_and_apart() -> None:
    shown = incident()
    ticks = [*axis(shown, 100, 1000).ticks(84)]
    assert all(b[0] - a[0] >= 84 for a, b in pairwise(ticks))
    assert all(re.fullmatch(r"\d\d:\d\d(:\d\d)?", words) for _, words in ticks)


def test_nothing_is_drawn_of_nothing() -> None:
    empty = Timeline(moments=(), until=ago(0))
    assert picture.figure(empty) == ""
    assert "No moments" in text(empty)
    assert ElementTree.fromstring(picture.svg(empty)) is not None


def test_the_text_marks_the_change_and_the_symptom() -> None:
    lines = text(incident()).splitlines()
    assert lines[0].startswith("Changed before it broke: 2026-11-22 12:48:00 UTC")
    assert [line[0] for line in lines if "rolled out" in line and line[0] in ">~"] == [">"]
    assert [line for line in lines if line.startswith("!")]
