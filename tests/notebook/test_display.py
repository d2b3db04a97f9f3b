from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.support import samples
from workbench.core.investigation import ChangeProposed, Investigation
from workbench.core.runbook import RunbookRun, RunStatus
from workbench.notebook import display
from workbench.notebook.answer import Answer
from workbench.notebook.values import Recorded, Run, Text


def test_on_a_terminal_each_step_is_written_once_and_the_card_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = io.StringIO()
    live = display.Live(object(), steps)
    for count in range(1, len(samples.COMPLETE)):
        live._shown_at = 0.0
        live.update(samples.investigation(samples.COMPLETE[:count]))
    live.finish(samples.investigation())
    titles = [line.split()[1] for line in steps.getvalue().splitlines()]
    assert titles == ["diagnose", "findings", "said", "list_resources", "logs"]
    said = capsys.readouterr().out
    assert said.startswith("INV-12 complete, high confidence")
    assert "Steps" not in said  # they stand above it


def test_a_card_without_its_steps_on_the_screen_ends_in_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn = display.Live(object()).finish(samples.investigation())  # no terminal to write them to
    assert drawn == (True, False)
    assert "Steps" in capsys.readouterr().out


def test_in_a_plain_program_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    live = display.Live(None)
    live.update(samples.investigation(samples.WORK))
    live.finish(samples.investigation())
    assert capsys.readouterr() == ("", "")


VALUES: list[Any] = [
    Answer.of(samples.investigation()),
    Answer.of(samples.hostile()),
    Recorded.of(samples.EVIDENCE[2]),
    Run.of(
        RunbookRun(
            runbook="example",
            parameters={"namespace": "shop"},
            status=RunStatus.FINDINGS,
            output="out.ipynb",
            started_at=samples.START,
            findings=(samples.CAUSE,),
        )
    ),
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_has_every_representation_and_its_json_is_json(value: Any) -> None:
    bundle = value._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/markdown", "text/html", display.MIME}
    tree = json.loads(json.dumps(bundle[display.MIME]))
    assert tree["schema"] == display.SCHEMA
    assert str(value) == bundle["text/plain"]


def test_an_answer_is_an_investigation() -> None:
    answer = Answer.of(samples.investigation())
    assert isinstance(answer, Investigation)
    assert answer.verdict.startswith("web crashes")
    assert answer.cited == ("E1", "E2", "E3")
    assert answer.frame().attrs["evidence"] == "E1"
    assert Answer.of(samples.investigation(samples.WORK[:1])).frame().empty


def test_an_old_answer_is_shown_as_it_stands_now() -> None:
    proposed = ChangeProposed(at=samples.at(3), change="C-7", command="kubectl scale deploy/web")
    answer = Answer.of(samples.investigation((*samples.COMPLETE, proposed)))
    assert "C-7 kubectl scale deploy/web: nobody decided until 2026" in " ".join(
        str(answer).split()
    )
    assert answer._repr_mimebundle_()[display.MIME]["state"] == "complete"


def test_text_from_a_cluster_is_shown_whole_but_harmless() -> None:
    bundle = Text.of(samples.HOSTILE, "E3")._repr_mimebundle_()
    assert "<script>" not in bundle["text/html"]
    assert "\x1b" not in bundle["text/plain"]
    assert bundle["text/markdown"].startswith("````text\n")
