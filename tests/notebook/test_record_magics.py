"""Magics over a real record: the same shell, bridge, use cases and database as a person's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from uuid_utils.compat import uuid7

import workbench as wb
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.choice import ModelChoice
from workbench.core.budget import Budget
from workbench.core.cluster import ClusterAddress
from workbench.errors import NotRecorded, ToolRefused, UsageError
from workbench.investigations.workbench import Workbench
from workbench.mcp.stack import governed
from workbench.notebook import bridge, defaults, display
from workbench.notebook.display import MIME
from workbench.store.database import open_store


@pytest.fixture
def shell(database: str) -> Iterator[InteractiveShell]:
    @asynccontextmanager
    async def opened(context: str, snapshot: str) -> AsyncIterator[Workbench]:
        case = context or "missing-config"
        async with open_store(database) as store:
            yield Workbench(
                tools=governed(ScriptedTools(load(case)), store.record, cluster=case),
                store=store,
                address=ClusterAddress(name=case, identity="one"),
                model=ModelChoice(spec="analyst"),
                budget=Budget(),
                user="ann",
                surface="notebook",
                clock=lambda: datetime.now(UTC),
                new_id=uuid7,
            )

    bridge.use(opened)
    made = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    made.run_line_magic("load_ext", "workbench")
    yield made
    made.run_line_magic("unload_ext", "workbench")
    InteractiveShell.clear_instance()
    defaults.current.incident = ""
    bridge.use(bridge._from_settings)


def run(shell: InteractiveShell, cell: str) -> Any:
    result = shell.run_cell(cell, store_history=False)
    result.raise_error()
    return result.result


def ask(shell: InteractiveShell) -> str:
    return str(run(shell, "inv = %k8s_ask what is wrong\ninv").label)


def test_an_investigation_is_asked_again_and_compared(shell: InteractiveShell) -> None:
    label = ask(shell)
    same = run(shell, f"%k8s_diff {label}")
    assert same.differences
    assert not same.changed
    other = run(shell, f"%k8s_diff {label} --now -c healthy")
    assert other.after == "healthy now"
    assert other.changed
    bundle = other._repr_mimebundle_()
    assert bundle[MIME]["kind"] == "comparison"
    assert "wb-diff" in bundle["text/html"]
    frame = run(shell, f"kept = %k8s_diff {label} -c healthy --format table\nkept")
    assert list(frame.columns) == ["tool", "before", "after", "kind", "path", "was", "is"]
    assert len(frame) == sum(len(d.changes) for d in other.differences)


def test_an_answer_asked_for_afresh_is_the_one_shown_again(shell: InteractiveShell) -> None:
    first = run(shell, "new = %k8s_ask what is wrong -c healthy --fresh\nnew")
    assert run(shell, "new = %k8s_ask what is wrong -c healthy\nnew").label == first.label


def test_two_calls_of_this_session_are_compared_and_nothing_is_called(
    shell: InteractiveShell,
) -> None:
    run(shell, "%k8s_analyze")
    run(shell, "%k8s_analyze")
    found = run(shell, "%k8s_diff E1 E2")
    assert (found.before, found.after) == ("S-1 E1", "S-1 E2")
    assert not found.changed
    with pytest.raises(UsageError, match="names no recorded call"):
        run(shell, "%k8s_diff E1 E2/E3/E4")
    with pytest.raises(UsageError, match="--now"):
        run(shell, "%k8s_diff E1 E2 --now")


def test_a_fork_goes_on_from_what_was_read_and_is_kept(shell: InteractiveShell) -> None:
    label = ask(shell)
    forked = run(shell, f"other = %k8s fork {label} --after E1 is it the disk?\nother")
    assert (forked.label, forked.question) == ("INV-2", "is it the disk?")
    assert f"Forked from {label}" in str(forked)
    assert run(shell, f"%%k8s fork {label}\nis it the network?").question == "is it the network?"
    assert wb.fork(label).question == wb.load(label).question
    with pytest.raises(UsageError, match="no step E99"):
        run(shell, f"%k8s fork {label} --after E99")
    with pytest.raises(UsageError, match="needs an investigation"):
        run(shell, "%k8s fork")


async def test_the_twins_can_be_awaited(shell: InteractiveShell) -> None:
    label = (await wb.aask("what is wrong")).label
    assert (await wb.afork(label, "is it the disk?")).label == "INV-2"
    wb.analyze()
    assert not (await wb.adiff("E1")).changed
    assert (await wb.aopen_incident("checkout is down")).label == "INC-1"


def test_an_incident_is_opened_attached_and_found(shell: InteractiveShell) -> None:
    label = ask(shell)
    opened = run(shell, "%k8s incident open web keeps crashing -n shop")
    assert (opened.label, opened.title, opened.namespace) == ("INC-1", "web keeps crashing", "shop")
    attached = run(shell, f"%k8s incident attach INC-1 {label}")
    assert attached.investigations == (label,)
    assert attached.features
    assert run(shell, "%k8s incident note INC-1 told the team").notes[0].text == "told the team"
    assert run(shell, "%k8s incident INC-1") == run(shell, "%k8s incident show inc-1")
    assert run(shell, "%k8s incident list").id.tolist() == ["INC-1"]
    assert run(shell, f"%k8s incident similar {label}").empty  # only closed ones teach
    with pytest.raises(UsageError, match="does not go like that"):
        run(shell, "%k8s incident attach INC-1")
    with pytest.raises(UsageError, match=r"no 'closed'.*mean close\?"):
        run(shell, "%k8s incident closed INC-1")


def test_only_a_person_says_what_an_incident_was(shell: InteractiveShell) -> None:
    run(shell, "%k8s incident open web is down")
    for line in ("", "--cause typo", "--outcome fixed"):
        with pytest.raises(UsageError, match="What was the cause of INC-1, and how did it end"):
            run(shell, f"%k8s incident close INC-1 {line}")
    with pytest.raises(UsageError, match="Did you mean fixed"):
        run(shell, "%k8s incident close INC-1 --cause typo --outcome fixd")
    with pytest.raises(ToolRefused, match="nobody sits in front"):
        run(shell, "%k8s incident close INC-1 --cause typo --outcome fixed")


def test_nothing_is_approved_where_nobody_sits(shell: InteractiveShell) -> None:
    with pytest.raises(ToolRefused, match="C-1 was not approved: there is nobody to ask"):
        run(shell, "%k8s approve C-1")
    with pytest.raises(NotRecorded):
        run(shell, "%k8s deny C-1")
    assert run(shell, "%k8s changes").empty
    with pytest.raises(UsageError, match="takes one change"):
        run(shell, "%k8s approve")


def test_knowledge_is_taken_in_and_found(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "turbine.md").write_text("# Turbine\n\nThe turbine service needs a warm cache.\n")
    said = run(shell, f"%k8s knowledge ingest {tmp_path}")
    assert said.startswith("1 document in 1 passage taken in")
    found = run(shell, "%k8s knowledge search turbine warm cache")
    assert found["where"][0] == "Turbine"
    assert "full text" in found.attrs["how"]
    with pytest.raises(UsageError, match="no type of document"):
        run(shell, "%k8s knowledge search turbine --type novel")
    with pytest.raises(UsageError, match="needs a verb"):
        run(shell, "%k8s knowledge turbine")


def test_a_runbook_is_not_made_of_what_has_no_cause(shell: InteractiveShell) -> None:
    run(shell, "quiet = %k8s_ask what is wrong -c healthy\nquiet")
    with pytest.raises(UsageError, match="No finding stands behind"):
        run(shell, "%k8s_runbook --new-from INV-1")


def test_tab_offers_labels_and_verbs(shell: InteractiveShell) -> None:
    label = ask(shell)
    shell.Completer.use_jedi = False

    def offered(line: str) -> list[str]:
        with provisionalcompleter():
            return [found.text for found in shell.Completer.completions(line, len(line))]

    assert label in offered("%k8s_diff IN")
    assert "--now" in offered("%k8s_diff --n")
    assert label in offered("%k8s_runbook --new-from IN")
    assert label in offered("%k8s fork IN")
    assert "namespace-health" in offered("%k8s sweep name")
    assert "--over" in offered("%k8s sweep dns --ov")
    assert "similar" in offered("%k8s incident si")
    assert "search" in offered("%k8s knowledge se")
    assert {"approve", "deny"} <= set(offered("%k8s ap")) | set(offered("%k8s de"))


def test_an_incident_becomes_a_notebook_that_opens_its_evidence_again(
    shell: InteractiveShell, tmp_path: Path
) -> None:
    label = ask(shell)
    run(shell, f"%k8s note seen by the on-call --evidence E1\n%k8s incident {label}")
    run(shell, "%k8s hypothesis the config map was renamed")
    run(shell, "%k8s incident open web | is <b>down</b>")
    run(shell, f"%k8s incident attach INC-1 {label}")
    path = Path(run(shell, f"%k8s incident report INC-1 {tmp_path}"))
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    for part in ("## What happened", "## Impact", "### Hypotheses", "opened INC", "sha256"):
        assert part in prose
    assert "<b>" not in prose
    page = Path(run(shell, f"%k8s incident report INC-1 {tmp_path}/INC-1.html")).read_text()
    for part in ("<h2>What happened", "<h2>Impact", "<h3>Hypotheses", "opened INC", label):
        assert part in page
    assert "web | is &lt;b&gt;down&lt;/b&gt;" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "<script" not in page
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert str(run(shell, cell.source)) == cell.outputs[0].data["text/plain"]


def test_a_label_alone_is_of_the_investigation_that_was_shown_last(shell: InteractiveShell) -> None:
    for _ in range(20):
        table = wb.analyze()
    own, beyond = run(shell, "%k8s evidence E1").id, run(shell, "%k8s evidence E20").id
    label = ask(shell)
    asked = run(shell, "%k8s evidence E1").id
    assert asked == run(shell, f"%k8s evidence {label} E1").id != own
    assert asked == run(shell, f"%k8s evidence {label}/E1").id
    assert wb.diff("E1").differences[0].before.reference == f"{label} E1"
    assert wb.evidence("E1").id == asked  # a comparison does not change what is meant
    assert run(shell, "%k8s evidence E20").id == beyond  # the investigation made fewer calls
    assert wb.evidence(table.attrs["evidence"]).id == beyond
    wb.analyze()
    assert run(shell, "%k8s evidence E1").id == own
    findings = wb.load(label).frame()
    assert wb.evidence("E1").id == wb.evidence(findings.attrs["evidence"]).id == asked
    wb.analyze()
    assert wb.evidence(findings.attrs["evidence"]).id == asked
    with pytest.raises(NotRecorded, match="no evidence E99"):
        run(shell, "%k8s evidence E99")


def test_what_is_shown_of_a_label_alone_says_whose_it_is(shell: InteractiveShell) -> None:
    wb.analyze()
    assert str(wb.evidence("E1")).startswith("S-1/E1  kube_diagnose")
    label = ask(shell)
    assert str(wb.evidence("E1")).startswith(f"{label}/E1  kube_diagnose")
    again = run(shell, f"%k8s evidence {label} E1 --live")
    assert str(again).startswith(f"{label}/E1 → S-1/E2: nothing changed since ")
    assert wb.evidence(again.evidence).reference == "S-1/E2"
    findings = wb.analyze(namespace="shop")
    assert display.frame(findings)[MIME]["investigation"] == "S-1"
    label = ask(shell)
    assert wb.evidence(findings.attrs["evidence"]).reference == "S-1/E3"  # whatever came after it
    with pytest.raises(UsageError, match=f"{label} is no call"):
        wb.evidence(label)


def test_a_note_that_could_be_written_nowhere_is_refused_before_anything_is_asked(
    shell: InteractiveShell,
) -> None:
    with pytest.raises(NotRecorded, match="INV-99"):
        run(shell, "%k8s_ask what is wrong --incident INV-99")
    assert wb.cost().empty


def test_what_was_spent_says_how_far_it_came_as_its_card_does(shell: InteractiveShell) -> None:
    answer = run(shell, "%k8s_ask what is wrong --max-calls 2")
    assert "partial" in str(answer).splitlines()[0]
    assert wb.cost().state.tolist() == ["partial"]
