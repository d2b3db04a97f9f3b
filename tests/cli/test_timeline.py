from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support import samples
from workbench.cli.failures import FAILED, FINDINGS, HEALTHY
from workbench.cli.timeline import _shown, asked
from workbench.core.timeline import Timeline
from workbench.core.timeline.record import to_json
from workbench.core.tools import ToolResult
from workbench.errors import UsageError


def result(shown: Timeline) -> ToolResult:
    return ToolResult(text="as the tool said", data=to_json(shown))


@pytest.mark.parametrize("target", [("deploy/web",), ("deploy", "web")])
def test_an_object_is_named_as_kubectl_takes_it(target: tuple[str, ...]) -> None:
    assert asked(target, "shop", "2h") == {
        "kind": "deploy", "name": "web", "namespace": "shop", "since": "2h",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "since"), [(("web",), ""), (("a/",), ""), (("a", "b", "c"), ""), ((), "soon")]
)
def test_what_makes_no_sense_is_refused(target: tuple[str, ...], since: str) -> None:
    with pytest.raises(UsageError):
        asked(target, "", since)


def test_a_symptom_is_a_finding_and_the_picture_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "incident.svg"
    assert _shown(result(samples.incident()), False, path) == FINDINGS
    assert capsys.readouterr().out.startswith("Changed before it broke: ")
    assert path.read_text().startswith("<svg")


def test_json_is_printed_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Timeline(moments=(), until=samples.START)
    assert _shown(result(quiet), True, None) == HEALTHY
    tree: Any = msgspec.json.decode(capsys.readouterr().out)
    assert (tree["change"], tree["first_symptom"], tree["rows"]) == (None, None, [])


def test_an_answer_of_another_server_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert _shown(ToolResult(text="as the tool said"), False, None) == FAILED
    assert capsys.readouterr().out == "as the tool said\n"
