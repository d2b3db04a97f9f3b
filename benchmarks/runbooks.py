"""What running a notebook costs: one run, and many.

floor: nbclient in this process, also with a kernel that was started before and has imported what
the cells do. peer: the ``papermill`` command in a loop. ours: one run in this process, ``workbench
run`` with as many sets of parameters, and a run from kernels that are there.
Rounds are interleaved, because the machine's mood changes between them.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from workbench.runbooks import catalogue
from workbench.runbooks.run import run
from workbench.runbooks.warm import Nursery

ROOT = Path(__file__).parents[1]
ROUNDS = 5
RUNS = int(os.environ.get("RUNS", "20"))
CELLS = ("number: int = 0  # which", "import pandas as pd\nframe = pd.DataFrame({'a': [number]})",
         "int(frame.a.sum())")  # fmt: skip


def notebook(folder: Path) -> Path:
    cells = [nbformat.v4.new_code_cell(c) for c in CELLS]
    cells[0].metadata["tags"] = ["parameters"]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "example.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process and the children that ended meanwhile."""
    before = sum(_used(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    work()
    return sum(_used(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) - before


def _used(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def wall(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def one(folder: Path) -> None:
    path = notebook(folder)
    book = catalogue.read(path)

    def plain() -> None:
        NotebookClient(nbformat.read(path, as_version=4), kernel_name="python3").execute()

    def ours() -> None:
        asyncio.run(run(book, {}, folder / "out.ipynb"))

    plain(), ours()  # imports
    rounds = [(cpu(plain), cpu(ours)) for _ in range(ROUNDS)]
    floor, cold = (statistics.median(r[n] for r in rounds) for n in (0, 1))
    _say("one run, cold, over nbclient (CPU)", cold / floor, "<=", 1.10)
    warm(path, folder / "out.ipynb")


def warm(path: Path, out: Path) -> None:
    """Runs with a kernel that is there, from the check of its parameters until it has left."""
    book, nursery = catalogue.read(path), Nursery()

    def ours() -> None:
        asyncio.run(run(book, {}, out, nursery=nursery))

    ours()  # imports
    rounds = [(started(path), wall(ours)) for _ in range(ROUNDS)]
    nursery.close()
    floor, at_hand = (statistics.median(r[n] for r in rounds) for n in (0, 1))
    print(f"nbclient with a kernel that was started before: {floor:.2f} s; ours {at_hand:.2f} s")
    _say("one run, kernel at hand (s)", at_hand, "<=", 0.5)


def started(path: Path) -> float:
    """Seconds that nbclient takes in a kernel that was started for it."""
    kernel, client = start_new_kernel(kernel_name="python3")
    client.execute_interactive("import pandas", silent=True)
    client.stop_channels()
    return wall(NotebookClient(nbformat.read(path, as_version=4), km=kernel).execute)


def many(folder: Path) -> None:
    path, sets = notebook(folder), folder / "sets.json"
    sets.write_text(json.dumps([{"number": n} for n in range(RUNS)]))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)}

    def peer() -> None:
        for number in range(RUNS):
            out = str(folder / f"peer-{number}.ipynb")
            command = [sys.executable, "-m", "papermill", str(path), out, "-p", "number"]
            subprocess.run(
                [*command, str(number), "--no-progress-bar"],
                env=env, check=True, capture_output=True,
            )  # fmt: skip

    def ours() -> None:
        command = [sys.executable, "-m", "workbench", "run", str(path), "-f", str(sets)]
        subprocess.run(
            [*command, "--out", str(folder / "ours")],
            env=env, check=True, capture_output=True,
        )  # fmt: skip

    _say(f"{RUNS} runs, papermill's command over ours", wall(peer) / wall(ours), ">=", 4)


def _say(what: str, value: float, sign: str, target: float) -> None:
    held = value <= target if sign == "<=" else value >= target
    print(f"{what:45} {value:6.2f}  target {sign} {target}: {'held' if held else 'MISSED'}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        one(Path(folder))
        many(Path(folder))


if __name__ == "__main__":
    main()
