"""Results as DataFrames: one schema per kind, stable dtypes, UTC times, columns even when empty.

The wire form is ``{"columns": [{"name", "type"}], "rows": [[…]]}``; types are ``text``, ``int``,
``float``, ``time`` and ``bool``.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.core.counted import counted
from workbench.core.diagnosis import Diagnosis
from workbench.errors import ToolFailed

if TYPE_CHECKING:
    import pandas as pd

# Nullable types, so that a missing number leaves the others whole.
_DTYPES = {
    "text": "string",
    "int": "Int64",
    "float": "Float64",
    "bool": "boolean",
    "time": "datetime64[us, UTC]",
}

FINDING_COLUMNS = {
    "rank": "int",
    "severity": "text",
    "code": "text",
    "kind": "text",
    "namespace": "text",
    "name": "text",
    "title": "text",
    "message": "text",
    "root_cause": "bool",
    "since": "time",
    "next_step": "text",
    "detail": "text",
    "id": "text",
}


def ahead() -> None:
    """Have pandas imported by a thread while the tool server is at work: that takes most of the
    time of a kernel's first table, and a call leaves this process idle."""
    if "pandas" not in sys.modules:
        threading.Thread(target=import_module, args=("pandas",), daemon=True).start()


def table(tree: Any, evidence: str = "") -> pd.DataFrame:
    """The DataFrame of a tool's structured answer; ``attrs["evidence"]`` says where it is from,
    ``attrs["not_checked"]`` what it could not see.

    Raises ToolFailed when the answer is no table.
    """
    try:
        columns = {column["name"]: column["type"] for column in tree["columns"]}
        rows = [list(row) for row in tree["rows"]]
        gaps = [f"{gap['what']}: {gap['why']}" for gap in tree.get("gaps", ())]
        frame = _frame(columns, rows)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolFailed(
            f"The tool answered something that is no table: {error}.",
            "Look at the text of the evidence.",
        ) from error
    frame.attrs["evidence"] = evidence
    frame.attrs["not_checked"] = gaps
    return frame


def frame(columns: dict[str, str], rows: list[list[Any]], evidence: str = "") -> pd.DataFrame:
    """A DataFrame of the workbench's own: names and types of columns, and rows."""
    made = _frame(columns, rows)
    made.attrs |= {"evidence": evidence, "drawn": True}
    return made


def lines(frame: pd.DataFrame, most: int = 200) -> str:
    """A frame as a model reads it: a JSON object a row, ``most`` of them at most."""
    shown = frame.head(most).to_json(orient="records", lines=True, date_format="iso")
    left = len(frame) - most
    more = f"\n({counted(left, 'more row')} left out.)" if left > 0 else ""
    return f"{counted(len(frame), 'row')}\n{str(shown).rstrip()}{more}"


def findings(diagnosis: Diagnosis, evidence: str = "") -> pd.DataFrame:
    """Findings, likeliest root cause first; ``attrs`` also holds the diagnosis as JSON text."""
    import msgspec

    from workbench.core.diagnosis import to_json

    rows = [
        [
            rank,
            f.severity.word,
            f.code,
            f.subject.kind,
            f.subject.namespace,
            f.subject.name,
            f.title,
            f.message,
            f.root_cause,
            f.since,
            f.next_steps[0] if f.next_steps else "",
            f.detail,
            f.id,
        ]
        for rank, f in enumerate(diagnosis.findings, 1)
    ]
    frame = _frame(FINDING_COLUMNS, rows)
    frame.attrs["evidence"] = evidence
    # Text, because pandas copies attrs with every operation and writes them into files as JSON.
    frame.attrs["diagnosis"] = msgspec.json.encode(to_json(diagnosis)).decode()
    return frame


def diagnosis(frame: pd.DataFrame) -> Diagnosis | None:
    """The diagnosis a frame of findings came from, with only the findings still in it; None for
    any other frame."""
    import msgspec

    from workbench.core.diagnosis import from_json

    held = frame.attrs.get("diagnosis")
    if not held or "id" not in frame.columns:
        return None
    whole = from_json(msgspec.json.decode(held))
    by_id = {f.id: f for f in whole.findings}
    kept = tuple(by_id[id] for id in frame["id"] if id in by_id)
    return msgspec.structs.replace(whole, findings=kept)


WHOLE = 1e5
"""From here a number is written without a fraction: bytes, not cores."""


def texts(frame: pd.DataFrame, limit: int) -> dict[str, Any]:
    """The first ``limit`` rows (of events the last) as texts, in the words of
    ``core.render.table``. Times are in UTC to the second; what is missing is a dash."""
    columns = [str(c) for c in frame.columns]
    newest_last = frame.attrs.get("kind") == "events"
    shown = frame.tail(limit) if newest_last else frame.head(limit)
    cells = [[_text(v) for v in shown.iloc[:, n]] for n in range(len(columns))]
    index = [str(i) for i in shown.index]
    return {
        "columns": columns,
        "rows": [list(row) for row in zip(index, *cells, strict=True)],
        "numeric": frozenset(str(c) for c in frame.select_dtypes("number").columns),
        "total": len(frame),
        "evidence": str(frame.attrs.get("evidence", "")),
        "shown_last": newest_last,
    }


def _text(value: Any) -> str:
    import pandas as pd

    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= WHOLE else f"{value:g}"
    return "–" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)


def _frame(columns: dict[str, str], rows: list[list[Any]]) -> pd.DataFrame:
    import pandas as pd

    import workbench.notebook.accessor  # noqa: F401  # registers df.k8s

    frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
    for name, type in columns.items():
        frame[name] = _column(frame[name], type)
    return frame


def _column(values: pd.Series[Any], type: str) -> pd.Series[Any]:
    import pandas as pd

    dtype: Any = _DTYPES.get(type, "string")
    if type == "time":
        values = pd.to_datetime(values, utc=True, format="ISO8601")
    typed: pd.Series[Any] = values.astype(dtype)
    return typed
