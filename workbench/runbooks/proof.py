"""A new runbook is kept when it finds, on the cluster it came from, what it was made to find."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.runbook import RunbookRun
from workbench.errors import RunbookError
from workbench.files import free, write_private
from workbench.runbooks.catalogue import read
from workbench.runbooks.run import run


async def prove(
    notebook: Mapping[str, Any], codes: Sequence[str], out: Path, env: Mapping[str, str]
) -> tuple[RunbookRun, Path]:
    """Write the runbook under ``out`` (or the next free name) and run it once.

    The executed notebook is beside it, as ``NAME.proof.ipynb``. Raises RunbookError when a cell
    fails or it does not find one of the codes; both notebooks are kept for a look.
    """
    path = free(out)
    write_private(path, json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    done = await run(read(path), {}, free(path.with_suffix(".proof.ipynb")), env=env)
    missed = [code for code in codes if code not in {f.code for f in done.findings}]
    if done.error or missed:
        said = done.error or f"It did not find {', '.join(missed)}."
        raise RunbookError(
            f"{path} does not find the cause again. {said}",
            f"See {done.output}; the cluster may have changed since.",
        )
    return done, path
