"""Where a run's notebook goes: never over a notebook that somebody else wrote or is writing."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from workbench.errors import UsageError
from workbench.files import free
from workbench.runbooks.interruption import reconcile, under_way


def prepared(out: Path | None, name: str, force: bool = False) -> Path:
    """``out``, when it is free or holds an earlier run; a free name below ``out/runs`` without it.

    Earlier runs of that name whose process is gone are marked interrupted on the way.
    force: over any file that nobody is writing.
    Raises UsageError for a name that is no notebook's, a file that is not an executed runbook, or
    one that is being written.
    """
    if out is None:
        folder = Path("out") / "runs"
        for left in folder.glob(f"{name}*.ipynb"):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                reconcile(left)
        return free(folder / f"{name}.ipynb")
    if out.suffix != ".ipynb":
        raise UsageError(
            f"{out} is not the name of a notebook, which is what a run writes.",
            f"Like --out {out.with_suffix('.ipynb')}; `workbench export` makes HTML of an"
            " investigation.",
        )
    if out.exists():
        _replaceable(out, force)
    return out


def _replaceable(out: Path, force: bool) -> None:
    try:
        reconcile(out)
        notebook = json.loads(out.read_text(encoding="utf-8"))
        run = notebook["metadata"]["workbench"]["run"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if force:
            return
        raise UsageError(
            f"{out} is there already and is not the notebook of an earlier run.",
            "Give another --out, or write over it with --force.",
        ) from error
    if under_way(notebook):
        raise UsageError(
            f"{out} is being written by a run that began at {run.get('started_at')}.",
            "Wait for it, or give another --out.",
        )
