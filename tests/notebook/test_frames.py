from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import msgspec
import pandas as pd
import pytest

from tests.support import samples
from tests.support.kernels import ROOT
from workbench.core.diagnosis import Diagnosis
from workbench.core.render import table
from workbench.errors import ToolFailed, UsageError
from workbench.notebook import display, frames


def test_columns_have_the_types_they_say() -> None:
    frame = frames.table(samples.PODS, "E2")
    assert type(frame) is pd.DataFrame
    types = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert types == {
        "namespace": "string",
        "name": "string",
        "status": "string",
        "restarts": "Int64",
        "cpu": "Float64",
        "ready": "boolean",
        "created": "datetime64[us, UTC]",
    }
    assert frame.loc[0, "restarts"] == 14
    assert frame["restarts"].isna().tolist() == [False, True]
    assert frame["created"].dt.hour.tolist() == [2, 2]
    assert frame.attrs["evidence"] == "E2"


def test_an_empty_table_keeps_columns_and_types() -> None:
    full, empty = frames.table(samples.PODS), frames.table({**samples.PODS, "rows": []})
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert empty.empty


def test_a_column_of_nothing_keeps_its_type() -> None:
    nothing = {**samples.PODS, "rows": [[None] * 7]}
    assert frames.table(nothing).dtypes.to_dict() == frames.table(samples.PODS).dtypes.to_dict()


@pytest.mark.parametrize(
    "tree",
    [None, [], "x", {}, {"columns": [{"name": "a"}], "rows": []}, {**samples.PODS, "rows": [[1]]},
     {"columns": [{"name": "a", "type": "int"}], "rows": [["x"]]},
     {"columns": [{"name": "a", "type": "time"}], "rows": [["yesterday"]]}],
)  # fmt: skip
def test_what_is_no_table_is_an_error_with_a_sentence(tree: Any) -> None:
    with pytest.raises(ToolFailed, match="no table"):
        frames.table(tree)


def test_what_could_not_be_seen_stays_with_the_frame() -> None:
    tree = {**samples.PODS, "gaps": [{"what": "secrets", "why": "forbidden"}]}
    assert frames.table(tree).attrs["not_checked"] == ["secrets: forbidden"]


def test_findings_are_ranked_and_keep_their_diagnosis() -> None:
    frame = frames.findings(samples.diagnosis(), "E1")
    assert frame["code"].tolist() == ["CONFIG_KEY_MISSING", "POD_CRASH_LOOP"]
    assert frame["root_cause"].tolist() == [True, False]
    assert list(frame.columns) == list(frames.FINDING_COLUMNS)
    assert frames.diagnosis(frame) == samples.diagnosis()


def test_a_filtered_frame_holds_only_the_findings_left() -> None:
    frame = frames.findings(samples.diagnosis(), "E1")
    left = frames.diagnosis(frame[frame.code == "POD_CRASH_LOOP"])
    assert left is not None
    assert [f.code for f in left.findings] == ["POD_CRASH_LOOP"]
    assert left.gaps == (samples.GAP,)


def test_no_findings_is_a_frame_with_columns() -> None:
    frame = frames.findings(Diagnosis(cluster="demo", now=samples.START))
    assert list(frame.columns) == list(frames.FINDING_COLUMNS)
    assert frames.diagnosis(frame) == Diagnosis(cluster="demo", now=samples.START)


def test_attrs_survive_copies_and_can_be_written_as_json() -> None:
    frame = frames.findings(samples.diagnosis(), "E1")
    msgspec.json.encode(frame.attrs)
    assert copy.deepcopy(frame).attrs == frame.attrs


def test_a_frame_of_findings_is_shown_as_findings_and_others_are_not() -> None:
    found = display.frame(frames.findings(samples.diagnosis(), "E1"))
    assert found[display.MIME]["kind"] == "diagnosis"
    assert "ConfigMap lacks a key" in found["text/plain"]
    assert display.frame(frames.table(samples.PODS)) == {}  # not a recorded call's


def test_a_recorded_table_is_drawn_with_its_label_and_nothing_cut_into_lines() -> None:
    page = display.frame(frames.table(samples.PODS, "E2"))["text/html"]
    assert ">E2</code>" in page
    assert "<th>name</th>" in page
    assert "<NA>" not in page
    assert "NaT" not in page
    summary = frames.findings(samples.diagnosis(), "E1")[["code", "title"]]
    assert set(display.frame(summary)) == {"text/plain", "text/html"}


def test_text_of_a_table_cell_is_never_markup() -> None:
    frame = frames.table(samples.PODS, "E2").head(1)
    frame["name"] = "<script>alert(1)</script>"
    assert "<script>" not in display.frame(frame)["text/html"]


def test_a_long_table_says_how_much_of_it_is_drawn() -> None:
    rows = [[str(n)] for n in range(display.ROWS + 7)]
    frame = frames.table({"columns": [{"name": "n", "type": "int"}], "rows": rows}, "E2")
    assert f"107 rows, the first {display.ROWS} shown" in display.frame(frame)["text/html"]


def test_a_narrow_screen_shows_whole_columns_in_their_order_and_names_the_rest() -> None:
    frame = frames.table(samples.PODS, "E2")
    cells = frames.texts(frame, 10)
    narrow = table.text_table(**cells, width=56)
    assert max(map(len, narrow.splitlines())) <= 56
    assert narrow.splitlines()[0].split() == ["namespace", "name", "status", "restarts"]
    assert "CrashLoopBackOff" in narrow
    assert "2 rows · not shown: cpu, ready, created · E2" in narrow
    wide = table.text_table(**cells, width=200)
    assert "not shown" not in wide
    assert "2026-03-01 02:00:00" in wide


def test_the_accessor_says_what_it_can_be_asked() -> None:
    assert repr(frames.table(samples.PODS, "E2").head(1).k8s).startswith("df.k8s of 1 row: desc")


def test_a_row_leads_to_its_object() -> None:
    pods = frames.table(samples.PODS, "E2")
    pods.attrs["kind"] = "po"
    assert pods.k8s._object(1) == ("Pod", "shop", "db-0")
    found = frames.findings(samples.diagnosis(), "E1")
    assert found.k8s._object(0) == ("ConfigMap", "shop", "web-config")
    events = pd.DataFrame({"namespace": ["shop"], "object": ["Pod web-1"], "name": ["web-1.17"]})
    assert events.k8s._object(0) == ("Pod", "shop", "web-1")
    moments = pd.DataFrame({"object": ["ConfigMap shop/web-config"]})
    assert moments.k8s._object(0) == ("ConfigMap", "shop", "web-config")


@pytest.mark.parametrize("row", [2, -3])
def test_a_row_that_is_not_there_is_refused(row: int) -> None:
    with pytest.raises(UsageError, match="no row"):
        frames.table(samples.PODS, "E2").k8s.describe(row)


def test_a_frame_given_to_a_model_is_bounded_and_says_so() -> None:
    frame = pd.DataFrame({"n": range(300)})
    text = frames.lines(frame, 200)
    assert text.startswith("300 rows\n")
    assert text.endswith("(100 more rows left out.)")
    assert len(text.splitlines()) == 202


WAITS = """
import asyncio, sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from workbench.core.diagnosis import Diagnosis
from workbench.notebook import analysis, bridge

class Waits:
    async def diagnose(self, scope):
        for _ in range(600):
            if "pandas" in sys.modules:
                return Diagnosis(cluster="c", now=datetime.now(UTC), findings=()), "E1"
            await asyncio.sleep(0.1)
        raise RuntimeError("nobody imports pandas")

    async def load(self, investigation):
        return SimpleNamespace(label="S-1")

@asynccontextmanager
async def opened(context, snapshot):
    yield Waits()

assert "pandas" not in sys.modules
bridge.use(opened)
print(len(analysis.analyze()))
"""


def test_pandas_is_imported_while_the_tool_server_is_at_work() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WAITS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"
