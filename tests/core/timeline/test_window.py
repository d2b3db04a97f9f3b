from __future__ import annotations

from typing import Any

from tests.core.timeline.clusters import NOW, ago, deployment, event, snapshot, time, written, wrote
from workbench.core.render import picture
from workbench.core.render.timeline import markdown, text
from workbench.core.timeline import Timeline, timeline
from workbench.core.timeline.record import from_json, to_json

DAY = 24 * 60


def names(found: Timeline) -> set[str]:
    return {m.subject.name for m in found.moments}


def node(**condition: Any) -> dict[str, Any]:
    down = {"type": "Ready", "lastTransitionTime": time(5 * DAY), **condition}
    return {"kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": [down]}}


def test_it_begins_a_day_before_the_first_symptom_and_says_how_much_is_older() -> None:
    broke = 3 * DAY
    found = timeline(
        snapshot(
            written("ConfigMap", "before", broke + DAY - 1),
            written("ConfigMap", "long-before", broke + DAY + 1),
            event("Pod web-1", "BackOff", broke, 1),
        )
    )
    assert names(found) == {"before", "web-1"}
    assert found.older == 3  # that, and when both were made
    assert "3 older moments are left out; a longer since" in text(found)
    assert "3 older moments are left out" in markdown(found)
    assert "3 older left out" in picture.svg(found)
    again = from_json(to_json(found))
    assert again is not None
    assert again.older == 3


def test_where_nothing_broke_it_begins_a_day_before_the_look() -> None:
    found = timeline(
        snapshot(written("ConfigMap", "new", DAY - 1), written("ConfigMap", "old", DAY + 1))
    )
    assert names(found) == {"new"}


def test_a_time_that_is_asked_for_goes_back_as_far_as_it_says() -> None:
    seen = snapshot(written("ConfigMap", "old", 10 * DAY), event("Pod web-1", "BackOff", 5))
    assert timeline(seen, since=ago(20 * DAY)).older == 1  # when it was made
    assert names(timeline(seen, since=ago(20 * DAY))) == {"old", "web-1"}
    assert timeline(seen, since=ago(1)).older == 3
    assert timeline(seen, since=ago(100 * DAY)).older == 0


def test_trouble_that_still_stands_is_told_however_old_it_is() -> None:
    newer = event("Pod web-1", "BackOff", 5)
    assert names(timeline(snapshot(node(status="False"), newer))) == {"n1", "web-1"}
    assert names(timeline(snapshot(node(status="True"), newer))) == {"web-1"}


def test_where_nothing_is_near_everything_is_told() -> None:
    found = timeline(snapshot(written("ConfigMap", "old", 10 * DAY)))
    assert (len(found.moments), found.older) == (2, 0)
    assert "left out" not in text(found)


def test_what_is_marked_is_told() -> None:
    found = timeline(
        snapshot(deployment("web", wrote("argocd", DAY + 50)), event("Pod web-1", "BackOff", 60))
    )
    assert found.until == NOW
    assert {m for m in (found.change, found.first_symptom) if m} <= set(found.moments)
