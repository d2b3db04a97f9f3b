"""What a run of the fault tests measured, kept as lines of JSON where ``FIGURES`` says."""

from __future__ import annotations

import json
import os
from pathlib import Path

FIGURES = os.environ.get("WORKBENCH_FAULTS_FIGURES", "")


def count(variable: str, short: int) -> int:
    """How often to try: the variable, or a few times in an ordinary run of the tests."""
    return int(os.environ.get(variable, short))


def note(what: str, **figures: object) -> None:
    """Keep figures of one test. Nothing is written in an ordinary run."""
    if FIGURES:
        with Path(FIGURES).open("a") as file:
            file.write(json.dumps({"what": what, **figures}) + "\n")
