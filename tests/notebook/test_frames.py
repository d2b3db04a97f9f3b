from __future__ import annotations

import copy
from typing import Any

import msgspec
import pandas as pd
import pytest

from tests.support import samples
from workbench.core.diagnosis import Diagnosis
from workbench.errors import ToolFailed
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
    assert set(display.frame(summary)) == {"text/html"}


def test_text_of_a_table_cell_is_never_markup() -> None:
    frame = frames.table(samples.PODS, "E2").head(1)
    frame["name"] = "<script>alert(1)</script>"
    assert "<script>" not in display.frame(frame)["text/html"]


def test_a_long_table_says_how_much_of_it_is_drawn() -> None:
    rows = [[str(n)] for n in range(display.ROWS + 7)]
    frame = frames.table({"columns": [{"name": "n", "type": "int"}], "rows": rows}, "E2")
    assert f"107 rows, the first {display.ROWS} shown" in display.frame(frame)["text/html"]
