"""Magics in real kernels: nbclient as papermill and CI use it, and the wire as JupyterLab does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.support import kernels
from workbench.notebook.display import MIME

Kernel = tuple[KernelManager, BlockingKernelClient]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    with kernels.kernel(kernels.environment(folder), folder) as started:
        run(started, "%load_ext workbench")
        yield started


def run(kernel: Kernel, code: str, interrupt_after: str = "") -> list[tuple[str, Any]]:
    """What the kernel sent for a cell, in order. ``interrupt_after``: interrupt it once, when that
    text is on the screen."""
    return until_idle(kernel[1], kernel[1].execute(code), kernel[0], interrupt_after)


def until_idle(
    client: BlockingKernelClient,
    sent: str,
    manager: KernelManager | None = None,
    interrupt_after: str = "",
) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != sent:
            continue
        kind, content = message["msg_type"], message["content"]
        seen.append((kind, content))
        if interrupt_after and interrupt_after in str(content.get("data", {}).get("text/plain")):
            interrupt_after = ""
            assert manager is not None
            manager.interrupt_kernel()
        if kind == "status" and content["execution_state"] == "idle":
            return seen


def displays(seen: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    kinds = ("display_data", "update_display_data", "execute_result", "error")
    return [(kind, content) for kind, content in seen if kind in kinds]


def value(kernel: Kernel, expression: str) -> str:
    seen = run(kernel, f"print({expression})")
    return "".join(c["text"] for kind, c in seen if kind == "stream").strip()


def test_an_answer_is_one_display_that_is_updated(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%k8s_ask why is web down"))
    assert shown[0][0] == "display_data"
    assert {kind for kind, _ in shown[1:]} == {"update_display_data"}
    assert len({content["transient"]["display_id"] for _, content in shown}) == 1
    last = shown[-1][1]["data"]
    assert set(last) == {"text/plain", "text/markdown", "text/html", MIME}
    assert last[MIME]["kind"] == "investigation"
    assert last[MIME]["state"] == "complete"
    assert shown[0][1]["data"][MIME]["state"] == "running"


def test_an_answer_can_be_kept_and_shown_again(kernel: Kernel) -> None:
    run(kernel, "inv = %k8s_ask why is web down\nsame = inv")
    assert value(kernel, "inv.label, inv.status.value, len(inv.frame())") == "INV-12 complete 2"
    shown = displays(run(kernel, "inv"))
    assert [kind for kind, _ in shown] == ["execute_result"]
    run(kernel, "%k8s_ask other << why is web down")
    assert value(kernel, "other.question") == "why is web down"
    run(kernel, "%k8s_ask -o kept why is web down")
    assert value(kernel, "kept.label") == "INV-12"


@pytest.mark.parametrize("line", ["%k8s_ask why is web down?", "inv = %k8s_ask is web -- down?"])
def test_a_question_may_end_in_a_question_mark(kernel: Kernel, line: str) -> None:
    last = displays(run(kernel, line))[-1][1]["data"]
    assert last[MIME]["state"] == "complete"
    assert last[MIME]["value"]["question"].endswith(" down?")


def test_the_body_of_a_cell_is_the_question(kernel: Kernel) -> None:
    run(kernel, "pod = 'web-1'")
    run(kernel, "%%k8s_ask -o asked -n shop\nwhy is {{ pod }}\nnot -A bit {up}?")
    assert value(kernel, "repr(asked.question)") == repr("why is web-1\nnot -A bit {up}?")


def test_interrupting_keeps_the_investigation_and_marks_it_cancelled(kernel: Kernel) -> None:
    began = time.monotonic()
    seen = run(kernel, "inv = %k8s_ask slowly, stubborn", interrupt_after="diagnose")
    assert time.monotonic() - began < 30  # the question alone would take a minute
    shown = displays(seen)
    assert shown[-1][1]["data"][MIME]["state"] == "cancelled"
    assert value(kernel, "inv.status.value") == "cancelled"


def test_interrupting_the_function_stops_the_cell(kernel: Kernel) -> None:
    code = "import workbench as wb\nfor _ in range(9):\n    wb.ask('slowly')"
    shown = displays(run(kernel, code, interrupt_after="diagnose"))
    assert shown[-1][1]["ename"] == "KeyboardInterrupt"
    assert shown[-1][1]["traceback"] == ["INV-12 was stopped."]
    assert shown[-2][1]["data"][MIME]["state"] == "cancelled"


def test_a_fork_is_one_display_too_and_is_interrupted_as_a_question_is(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%k8s fork INV-12 --after E1 is it the disk?"))
    assert [kind for kind, _ in shown[:1]] == ["display_data"]
    assert {kind for kind, _ in shown[1:]} == {"update_display_data"}
    assert shown[-1][1]["data"][MIME]["value"]["question"] == "is it the disk?"
    seen = run(kernel, "went = %k8s fork INV-12 slowly", interrupt_after="diagnose")
    assert displays(seen)[-1][1]["data"][MIME]["state"] == "cancelled"
    assert value(kernel, "went.status.value") == "cancelled"


def test_an_interrupted_runbook_keeps_how_far_it_came_and_the_kernel_goes_on(
    tmp_path: Path,
) -> None:
    mark = tmp_path / "begun"
    cells = ("1 + 1", f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\ntime.sleep(60)")
    nbformat.write(kernels.notebook(*cells), tmp_path / "slow.ipynb")
    env = {**kernels.environment(tmp_path), "WORKBENCH_RUNBOOK_DIRS": str(tmp_path)}
    with kernels.kernel(env, tmp_path) as started:
        run(started, "%load_ext workbench")
        sent = started[1].execute("%k8s_runbook slow")
        _until(mark.exists)
        started[0].interrupt_kernel()
        error = displays(until_idle(started[1], sent))[-1][1]
        said = "slow was stopped; how far it came is in slow.out.ipynb."
        assert error["traceback"] == [said]
        assert value(started, "1 + 1") == "2"
    kept = nbformat.read(tmp_path / "slow.out.ipynb", as_version=4)
    assert kept.metadata["workbench"]["run"]["status"] == "interrupted"


def _until(there: Callable[[], bool]) -> None:
    for _ in range(600):
        if there():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


def test_after_an_interrupt_the_next_question_is_answered(kernel: Kernel) -> None:
    run(kernel, "%k8s_ask slowly", interrupt_after="diagnose")
    last = displays(run(kernel, "%k8s_ask why is web down"))[-1][1]["data"]
    assert last[MIME]["state"] == "complete"


def test_tables_are_dataframes_with_an_address(kernel: Kernel) -> None:
    run(kernel, "pods = %k8s_get pods -A")
    assert (
        value(kernel, "type(pods).__module__.split('.')[0], pods.attrs['evidence']") == "pandas E2"
    )
    shown = displays(run(kernel, "import workbench as wb; wb.evidence(pods.attrs['evidence'])"))
    assert shown[0][1]["data"][MIME]["value"]["tool"] == "list_resources"


def test_findings_show_as_findings_and_carry_their_value(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%k8s_analyze -n shop"))
    data = shown[-1][1]["data"]
    assert data[MIME]["kind"] == "diagnosis"
    assert "likely cause" in data["text/html"]
    assert displays(run(kernel, "df = %k8s_analyze -n shop")) == []


def test_logs_are_shown_as_they_are(kernel: Kernel) -> None:
    data = displays(run(kernel, "%k8s_logs web-1 -n shop -p"))[-1][1]["data"]
    assert "DATABASE_HOST is not set" in data["text/plain"]
    assert "\x1b" not in data["text/plain"]
    assert "<script>" not in data["text/html"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_another_format_is_written_instead(kernel: Kernel, form: str) -> None:
    seen = run(kernel, f"%k8s_ask --format {form} why")
    text = "".join(c["text"] for kind, c in seen if kind == "stream")
    assert displays(seen) == []
    assert text.startswith("{" if form == "json" else "INV-12 complete")


def test_an_error_is_an_error_output_of_two_lines(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%k8s_get nonsense"))
    error = shown[-1][1]
    assert error["ename"] == "ToolFailed"
    assert error["traceback"] == ["workbench: No kind is called nonsense."]


def test_the_same_question_shows_the_recorded_answer_and_says_so(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%k8s_ask why is web down again"))
    assert len(shown) == 1  # nothing ran
    assert "--fresh asks again" in shown[0][1]["data"]["text/html"]
    assert "--fresh asks again" in shown[0][1]["data"]["text/plain"]
    fresh = displays(run(kernel, "%k8s_ask --fresh why is web down again"))
    assert len(fresh) > 1
    assert "--fresh asks again" not in fresh[-1][1]["data"]["text/html"]


def test_how_long_an_answer_stands_can_be_set(kernel: Kernel) -> None:
    run(kernel, "%config K8sWorkbench.reuse = '0'")
    assert len(displays(run(kernel, "%k8s_ask why is web down again"))) > 1
    run(kernel, "%config K8sWorkbench.reuse = ''")


def test_asking_can_be_awaited(kernel: Kernel) -> None:
    shown = displays(run(kernel, "import workbench as wb\na = await wb.aask('why is web down')"))
    assert shown[-1][1]["data"][MIME]["state"] == "complete"
    assert value(kernel, "a.label") == "INV-12"
    run(kernel, "pods = await wb.aget('pods', namespace='')")
    assert value(kernel, "len(pods)") == "2"


def test_an_awaited_question_that_is_interrupted_is_cancelled(kernel: Kernel) -> None:
    code = "import workbench as wb\nawait wb.aask('slowly')"
    shown = displays(run(kernel, code, interrupt_after="diagnose"))
    assert shown[-1][0] == "error"
    assert shown[-2][1]["data"][MIME]["state"] == "cancelled"


def test_a_plan_asks_nothing(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%k8s_ask why is web down --plan --no-llm --tools -logs"))
    said = shown[-1][1]["data"]["text/plain"]
    assert said == "would ask 'why is web down' of analyst, tools ('-logs',)"


def test_frames_are_given_along_by_name(kernel: Kernel) -> None:
    run(kernel, "pods = %k8s_get pods -A")
    last = displays(run(kernel, "%k8s_ask what do these share --use pods"))[-1][1]["data"]
    assert last[MIME]["state"] == "complete"
    error = displays(run(kernel, "%k8s_ask what --use nothing"))[-1][1]
    assert error["traceback"][0].startswith("workbench: --use: 'nothing' is no DataFrame")


def test_notes_and_hypotheses_are_cells_of_a_log(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%%k8s note -e E3\ntold the shop team\nat 03:20"))
    data = shown[-1][1]["data"]
    assert data[MIME]["kind"] == "note"
    assert "told the shop team" in data["text/markdown"]
    assert "E3" in data["text/html"]
    run(kernel, "%k8s hypothesis the config change")
    run(kernel, "%k8s hypothesis confirmed H1 -e E1")
    run(kernel, "board = %k8s hypothesis")
    assert value(kernel, "board.values.tolist()[0][:4]") == (
        "['H1', 'confirmed', 'the config change', 'E1']"
    )
    card = displays(run(kernel, "%k8s incident INV-12"))[-1][1]["data"]
    assert "told the shop team" in card["text/plain"]
    assert "hypothesis, confirmed" in card["text/html"]


def widgets(seen: list[tuple[str, Any]], model: str) -> list[str]:
    """The comms of the controls of that kind that a cell opened."""
    opened = [c for kind, c in seen if kind == "comm_open"]
    return [c["comm_id"] for c in opened if c["data"]["state"].get("_model_name") == model]


def click(kernel: Kernel, comm: str, **data: Any) -> list[tuple[str, Any]]:
    """What the kernel sent when a front end said that about a control."""
    client = kernel[1]
    message = client.session.msg("comm_msg", {"comm_id": comm, "data": data})
    client.shell_channel.send(message)
    return until_idle(client, message["header"]["msg_id"])


def set_to(kernel: Kernel, comm: str, **state: Any) -> list[tuple[str, Any]]:
    return click(kernel, comm, method="update", state=state, buffer_paths=[])


def test_where_to_look_is_picked_from_lists(kernel: Kernel) -> None:
    seen = run(kernel, "%k8s use")
    namespaces, times = widgets(seen, "DropdownModel")
    controls, below = displays(seen)
    assert "application/vnd.jupyter.widget-view+json" in controls[1]["data"]
    assert "Controls" in controls[1]["data"]["text/plain"]
    assert "namespace all" in below[1]["data"]["text/plain"]
    picked = displays(set_to(kernel, namespaces, index=1))
    assert [kind for kind, _ in picked] == ["update_display_data"]
    assert picked[0][1]["transient"] == below[1]["transient"]
    assert "namespace db-0" in picked[0][1]["data"]["text/plain"]
    set_to(kernel, times, index=3)
    kept = run(kernel, "import workbench as wb\nwhere = wb.choices()")
    assert displays(kept) == []
    assert value(kernel, "where.namespace, where.since") == "db-0 1h"
    set_to(kernel, namespaces, index=0)
    set_to(kernel, times, index=0)
    assert value(kernel, "repr(wb.choices().namespace)") == "''"


@pytest.mark.parametrize("cell", ["w = %k8s use\nprint(w)", "%k8s use -o w\nprint(w)"])
def test_choices_that_are_kept_are_text(kernel: Kernel, cell: str) -> None:
    seen = run(kernel, cell)
    assert widgets(seen, "DropdownModel") == []
    assert "▸ all" in "".join(c["text"] for kind, c in seen if kind == "stream")


def test_nobody_to_click_means_text(kernel: Kernel) -> None:
    client = kernel[1]
    for cell in ("%k8s use", "%k8s hypothesis"):
        seen = until_idle(client, client.execute(cell, allow_stdin=False))  # as nbclient asks
        assert [kind for kind, _ in displays(seen)] == ["execute_result"]
        assert [kind for kind, _ in seen if kind.startswith("comm")] == []


def test_a_hypothesis_is_settled_by_a_click(kernel: Kernel) -> None:
    run(kernel, "%k8s hypothesis the <b>queue</b> is full")
    seen = run(kernel, "%k8s hypothesis")
    toggles, texts = widgets(seen, "ToggleButtonsModel"), widgets(seen, "TextModel")
    assert "<b>" not in str([c for kind, c in seen if kind == "comm_open"])
    below = displays(seen)[1][1]
    set_to(kernel, texts[-1], value="e4")
    clicked = displays(set_to(kernel, toggles[-1], index=1))
    assert clicked[-1][1]["transient"] == below["transient"]
    assert "confirmed" in clicked[-1][1]["data"]["text/plain"].splitlines()[-2]
    last = "board.values.tolist()[-1][1:4]"
    run(kernel, "board = %k8s hypothesis")
    assert value(kernel, last) == "['confirmed', 'the <b>queue</b> is full', 'E4']"
    set_to(kernel, toggles[-1], index=0)
    run(kernel, "board = %k8s hypothesis")
    assert value(kernel, last) == "['open', 'the <b>queue</b> is full', 'E4']"


def test_a_hypothesis_is_added_by_a_click(kernel: Kernel) -> None:
    seen = run(kernel, "%k8s hypothesis")
    (add,) = widgets(seen, "ButtonModel")
    click(kernel, add, method="custom", content={"event": "click"})  # nothing is written yet
    set_to(kernel, widgets(seen, "TextModel")[0], value="a node is full")
    added = click(kernel, add, method="custom", content={"event": "click"})
    assert len(widgets(added, "ToggleButtonsModel")) == 1
    run(kernel, "board = %k8s hypothesis")
    assert value(kernel, "board.hypothesis.tolist()[-1]") == "a node is full"


def test_a_mistyped_kind_is_not_a_healthy_one(kernel: Kernel) -> None:
    error = displays(run(kernel, "%k8s_analyze podz -n quiet"))[-1][1]
    assert error["traceback"] == ["workbench: Nothing was found about podz.", "Did you mean pods?"]
    run(kernel, "calm = %k8s_analyze nodes web -n quiet")
    assert value(kernel, "len(calm)") == "0"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("wbe", "There is no object wbe in quiet."),
        ("deploy/wbe", "There is no Deployment wbe in quiet."),
    ],
)
def test_a_mistyped_name_is_not_a_healthy_one(kernel: Kernel, typed: str, said: str) -> None:
    error = displays(run(kernel, f"%k8s_analyze {typed} -n quiet"))[-1][1]
    assert error["traceback"] == [f"workbench: {said}", "Did you mean web?"]


def test_a_model_of_no_known_provider_is_not_set(kernel: Kernel) -> None:
    error = displays(run(kernel, "%k8s model nosuch"))[-1][1]
    assert "There is no model provider called 'nosuch'." in error["traceback"][0]
    assert value(kernel, "get_ipython().run_line_magic('k8s', 'model')") == "analyst answers."


def test_evidence_can_be_looked_at_again_live(kernel: Kernel) -> None:
    data = displays(run(kernel, "%k8s evidence INV-12 E2 --live"))[-1][1]["data"]
    assert data[MIME]["kind"] == "difference"
    assert "-NAMESPACE" in data["text/plain"]
    assert "+two pods" in data["text/plain"]
    assert "+in all" in data["text/plain"]  # as it was recorded, not as the answer was shortened
    assert "INV-12/E2 → INV-12/E2: 2 new lines, 2 gone" in data["text/plain"]


def test_a_mistyped_subcommand_gets_a_suggestion(kernel: Kernel) -> None:
    error = displays(run(kernel, "%k8s hypotesis x"))[-1][1]
    assert error["traceback"][-1] == "Did you mean hypothesis?"


def test_the_owner_tree_marks_the_unhealthy_path(kernel: Kernel) -> None:
    code = "import workbench as wb; wb.owners('deploy', 'web', namespace='shop')"
    data = displays(run(kernel, code))[-1][1]["data"]
    assert data["text/plain"].splitlines() == [
        "✗ Deployment shop/web  1/2 ready  ← asked",
        "  · ReplicaSet shop/web-old  0/0 ready",
        "  ✗ Pod shop/web-1  Error 0/1 ready",
        "  · Pod shop/job-1  Completed 0/1 ready",
    ]
    assert data[MIME]["kind"] == "owners"


def test_use_is_drawn_with_what_is_nearest_its_limit_first(kernel: Kernel) -> None:
    shown = displays(run(kernel, "used = %k8s_top -n shop"))
    page = shown[0][1]["data"]["text/html"]
    memory = page[page.index("Memory") :]
    assert memory.index("web-1") < memory.index("db-0")
    assert "98% of limit" in memory
    assert "no limit, no request" in memory
    assert value(kernel, "used.attrs['evidence'], used.memory.sum()") == "E6 350000000.0"


def test_what_was_spent_is_a_table(kernel: Kernel) -> None:
    run(kernel, "spent = %k8s cost")
    assert value(kernel, "spent.id.tolist(), str(spent.dollars.dtype)") == "['INV-12'] Float64"


def test_a_kernel_that_ends_closes_the_workbench(tmp_path: Path) -> None:
    with kernels.kernel(kernels.environment(tmp_path), tmp_path) as started:
        run(started, "import workbench as wb; wb.get('pods')")
        assert not (tmp_path / "closed").exists()
    assert (tmp_path / "closed").read_text() == "closed"
