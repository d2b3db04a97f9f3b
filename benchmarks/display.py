"""What a notebook pays to show: a frame of 40,000 events, and a kernel's first ``%k8s_analyze``.

floor: pandas's own representation of the same frame. ours: what the cell gets. CPU seconds, and
bytes in the notebook file. The first analysis is in a fresh process with an open engine, on the
bundled cluster: its wall time; and from ``%load_ext`` on, opening the engine included, its CPU
seconds over those of a floor that imports pandas and shows as many rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 40_000
SECONDS, BYTES, FIRST_SECONDS = 0.3, 200_000, 1.5
FIRST = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
cpu = time.process_time()
shell.run_line_magic("load_ext", "workbench")
shell.run_line_magic("k8s", "status")
before = time.perf_counter()
found = shell.run_line_magic("k8s_analyze", "")
shell.display_formatter.format(found)
print(time.perf_counter() - before, time.process_time() - cpu, len(found))
"""
FLOOR = """
import sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
cpu = time.process_time()
import pandas
shell.display_formatter.format(pandas.DataFrame({"finding": range(int(sys.argv[1]))}))
print(time.process_time() - cpu)
"""


def events() -> dict[str, object]:
    columns = ["namespace", "last_seen", "type", "reason", "object", "count", "message", "name"]
    types = ["text", "time", "text", "text", "text", "int", "text", "text"]
    rows = [
        [
            f"team-{n % 40}",
            f"2026-03-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z",
            "Warning",
            "BackOff",
            f"Pod/web-{n}-x2x4k",
            n % 97,
            f"Back-off restarting failed container app in pod web-{n}-x2x4k",
            f"web-{n}.17",
        ]
        for n in range(ROWS)
    ]
    return {
        "columns": [{"name": c, "type": t} for c, t in zip(columns, types, strict=True)],
        "rows": rows,
    }


def show_frame() -> None:
    from workbench.notebook import display, frames

    frame = frames.table(events(), "E1")
    display.frame(frame)  # imports are not what is measured
    began = time.process_time()
    plain = {"text/plain": repr(frame), "text/html": frame.to_html(max_rows=60)}
    floor = time.process_time() - began
    began = time.process_time()
    bundle = display.frame(frame)
    ours = time.process_time() - began
    size, least = len(json.dumps(bundle)), len(json.dumps(plain))
    print(f"floor  {floor:.3f} s  {least:>9,} bytes")
    print(f"ours   {ours:.3f} s  {size:>9,} bytes  ratio {ours / floor:.2f}")
    held = "held" if ours <= SECONDS and size <= BYTES else "MISSED"
    print(f"target <= {SECONDS} s and <= {BYTES:,} bytes: {held}")


def fresh(script: str, *arguments: str, **env: str) -> list[str]:
    """The words that a process of its own prints last."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=Path(__file__).parents[1],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()


def first_analysis() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = {"WORKBENCH_SNAPSHOT": "demo", "WORKBENCH_DATA_DIR": folder}
        seconds, ours, found = fresh(FIRST, **env)
    (floor,) = fresh(FLOOR, found)
    print(f"floor  {float(floor):.3f} s of CPU")
    print(f"ours   {float(ours):.3f} s of CPU  ratio {float(ours) / float(floor):.2f}")
    held = "held" if float(seconds) <= FIRST_SECONDS else "MISSED"
    print(f"first %k8s_analyze {float(seconds):.2f} s, {found} findings")
    print(f"target <= {FIRST_SECONDS} s: {held}")


if __name__ == "__main__":
    show_frame()
    first_analysis()
