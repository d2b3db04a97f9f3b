"""What an executed notebook says when its run was cut short, and who writes that when nobody can.

A killed process writes nothing. So each process that runs notebooks has a keeper: this file as a
script, with nothing but the standard library, which is told of every run that begins and ends. When
its standard input ends while runs are under way, it kills their kernels and marks their notebooks.
Where both were killed at once (a lost machine), the next command that meets the notebook marks it:
``reconcile``.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

NAME = "Interrupted"
"""What stands as the name of the error in the cell that was running."""


def interrupt(notebook: MutableMapping[str, Any], reason: str) -> str:
    """Mark the run in the notebook interrupted at the cell it is at; the sentence it now says."""
    run = notebook["metadata"]["workbench"]["run"]
    index = int(run["cell"])
    where = f"at cell {index + 1}" if index >= 0 else "before its first cell"
    error = f"The run was interrupted ({reason}) {where}."
    run.update(status="interrupted", stopped_by=reason, error=error)
    if 0 <= index < len(notebook["cells"]):
        close_cell(notebook["cells"][index], NAME, error)
    return error


def close_cell(cell: MutableMapping[str, Any], name: str, error: str) -> None:
    """Have a cell say that it ended with an error, in place of what an interrupt printed."""
    if cell["cell_type"] != "code":
        return
    cell["metadata"].setdefault("papermill", {}).update(status=name.lower(), exception=True)
    kept = [o for o in cell["outputs"] if o.get("ename") != "KeyboardInterrupt"]
    note = {"output_type": "error", "ename": name, "evalue": error, "traceback": [error]}
    cell["outputs"] = [*kept, note]


def under_way(notebook: Mapping[str, Any]) -> bool:
    """Whether the notebook says that its run is under way."""
    run = notebook.get("metadata", {}).get("workbench", {}).get("run", {})
    return bool(run.get("status") == "running")


def here() -> dict[str, Any]:
    """Which process on which machine runs a notebook, as the notebook keeps it."""
    return {"pid": os.getpid(), "host": socket.gethostname()}


def reconcile(path: Path) -> bool:
    """Mark a notebook whose run is under way by its own account, but whose process is gone.

    Returns whether it was marked; a run on another machine is left alone, because nobody here can
    know. Raises OSError, ValueError for a file that is no notebook.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    run = notebook["metadata"].get("workbench", {}).get("run", {})
    if not under_way(notebook) or run.get("host") != socket.gethostname():
        return False
    if _alive(int(run.get("pid", 0))):
        return False
    mark(path, "its process is gone")
    return True


def mark(path: Path, reason: str) -> None:
    """Mark the notebook in this file, if its run is under way. Raises OSError, ValueError."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if not under_way(notebook):
        return
    interrupt(notebook, reason)
    _replace(path, json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def keep() -> None:
    """Be the keeper. A line on standard input is ``{"output", "kernel"}`` for a run under way, with
    its kernel's process group or null, and ``{"output", "ended"}`` for one that is over."""
    running: dict[str, int | None] = {}
    for line in sys.stdin:
        told = json.loads(line)
        running.pop(told["output"], None)
        if not told.get("ended"):
            running[told["output"]] = told["kernel"]
    for output, kernel in running.items():
        if kernel:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(kernel, signal.SIGKILL)
        with contextlib.suppress(OSError, ValueError, KeyError):
            mark(Path(output), "its process was killed")


def _replace(path: Path, content: str) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0


if __name__ == "__main__":
    keep()
