"""A sweep on a page and in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from workbench.core.render.sweep import NO_WORKER, TOLD, Progress, as_html, as_markdown, line, text
from workbench.core.sweep import Item, ItemStatus, Plan, Sweep

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
SWEEP = Sweep(
    id=uuid4(),
    number=3,
    plan=Plan(runbook="dns", source="0" * 64, over="team=<shop>", person="ann"),
    at=AT,
    counts={ItemStatus.RUNNING: 1, ItemStatus.FAILED: 1},
)


def failed(number: int) -> Item:
    parameters = {"namespace": "<b>|`shop`"}
    status, error = ItemStatus.FAILED, "NameError: x\n\x1b[2J y"
    return Item(number=number, parameters=parameters, context="", status=status, error=error)


def test_a_line_is_one_line_whatever_an_item_says() -> None:
    assert line(failed(2)).startswith("failed    2 namespace=<b>|`shop`: NameError: x ")
    assert "\x1b" not in line(failed(2))


def test_every_form_says_how_far_it_is_and_text_stays_text() -> None:
    shown = Progress(sweep=SWEEP, told=(failed(1),), waits=True)
    for form in (text(shown), as_markdown(shown), str(as_html(shown))):
        assert "1 of 2 ended, 1 running, 1 failed" in form
        assert "workbench worker" in form
    assert "<b>" not in as_html(shown)
    assert "<b>" not in as_markdown(shown)
    assert NO_WORKER not in text(msgspec.structs.replace(shown, waits=False))


def test_the_newest_items_are_named_and_the_others_counted() -> None:
    shown = Progress(sweep=SWEEP, told=tuple(failed(n) for n in range(1, TOLD + 4)))
    said = text(shown)
    assert f" {TOLD + 3} namespace" in said
    assert " 3 namespace" not in said.replace(f"{TOLD + 3} namespace", "")
    assert "3 more" in said


def test_its_state_is_that_of_its_worst_item() -> None:
    ended = msgspec.structs.replace(SWEEP, counts={ItemStatus.FINDINGS: 1})
    gone = msgspec.structs.replace(SWEEP, cancelled_at=AT)
    bad = msgspec.structs.replace(SWEEP, counts={ItemStatus.LOST: 1, ItemStatus.HEALTHY: 1})
    states = [Progress(sweep=one).state for one in (SWEEP, ended, gone, bad)]
    assert 'class="wb wb-partial"' in as_html(Progress(sweep=ended))
    assert states == ["running", "findings", "cancelled", "failed"]
