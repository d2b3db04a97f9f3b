from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from workbench.core.cluster import Gap, ObjectRef
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding, Pointer, Severity
from workbench.kubernetes.tables import FIELDS
from workbench.notebook import analysis, checks, frames
from workbench.notebook.values import Text

POD = ObjectRef("Pod", "shop", "web")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def events(*told: tuple[str, str, str]) -> pd.DataFrame:
    """Namespace, time and reason of each."""
    rows = [[n, at, "Warning", why, "Pod/a", 1, "", "", None, why] for n, at, why in told]
    return frames.frame(checks.EVENTS, rows, "E1")


def test_the_newest_events_of_several_objects_are_in_the_order_of_time() -> None:
    one = events(("b", "2026-03-01T10:00:00Z", "First"), ("b", "2026-03-01T12:00:00Z", "Third"))
    other = events(("a", "2026-03-01T11:00:00Z", "Second"))
    assert checks.newest([one, other], 20).reason.tolist() == ["First", "Second", "Third"]
    assert checks.newest([one, other], 2).reason.tolist() == ["Second", "Third"]
    assert checks.newest([one, one], 20).reason.tolist() == ["First", "Third"]


def test_no_events_have_the_columns_of_events() -> None:
    there = {field.column.name: field.column.type for field in FIELDS["Event"]}
    assert {"namespace": "text"} | there == dict(checks.EVENTS)
    assert list(checks.newest([], 20).columns) == list(checks.EVENTS)


def found(*messages: str, gaps: int = 0) -> pd.DataFrame:
    made = [
        Finding(
            code="POD_CRASH_LOOP",
            severity=Severity.ERROR,
            subject=POD,
            title="",
            message=message,
            evidence=(Pointer("Pod shop/web", "status.phase", ""),),
        )
        for message in messages
    ]
    unseen = tuple(Gap("secrets", str(n)) for n in range(gaps))
    return frames.findings(Diagnosis(cluster="c", now=NOW, findings=tuple(made), gaps=unseen))


@pytest.mark.parametrize(
    ("messages", "gaps", "words", "state"),
    [
        (["Pod web crashes."], 0, "1 finding about pods. First: Pod shop/web crashes.", "failed"),
        (["It crashes."], 0, "1 finding about pods. First: Pod shop/web: It crashes.", "failed"),
        ([], 0, "No pods found.", "complete"),
        ([], 1, "No pods found. 1 thing could not be checked.", "partial"),
    ],
)
def test_a_conclusion_names_its_object_once_and_looks_like_its_outcome(
    messages: list[str], gaps: int, words: str, state: str
) -> None:
    said = analysis.statement(found(*messages, gaps=gaps), "pods")
    assert said == words
    shown: dict[str, Any] = said._repr_mimebundle_()
    assert f'class="wb wb-{state}"' in shown["text/html"]
    assert "<pre" not in shown["text/html"]


def test_a_text_can_have_a_caption() -> None:
    shown = Text.of("panic", "E1", "shop/web")._repr_mimebundle_()
    assert shown["text/plain"] == "shop/web:\npanic"
    assert "<strong>shop/web</strong>" in shown["text/html"]
