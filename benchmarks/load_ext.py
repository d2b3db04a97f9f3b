"""What ``%load_ext workbench`` costs over bare IPython: CPU seconds of fresh processes.

floor: a shell without the extension. peer: ``%load_ext autoreload``, which ships with IPython.
Rounds are interleaved, because the machine's mood changes between them.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 9
TARGET = 0.03
EXTENSIONS = {"floor": "", "peer": "autoreload", "ours": "workbench"}
SCRIPT = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
before = time.process_time()
if sys.argv[1]:
    shell.run_line_magic("load_ext", sys.argv[1])
print(json.dumps([time.process_time(), time.process_time() - before]))
"""


def measure(extension: str) -> tuple[float, float]:
    """CPU seconds of the whole process, and of loading the extension alone."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, extension],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    whole, alone = json.loads(done.stdout)
    return whole, alone


def main() -> None:
    rounds = [{name: measure(ext) for name, ext in EXTENSIONS.items()} for _ in range(ROUNDS)]
    whole = {n: statistics.median(r[n][0] for r in rounds) for n in EXTENSIONS}
    alone = {n: statistics.median(r[n][1] for r in rounds) for n in EXTENSIONS}
    for name in EXTENSIONS:
        ratio = whole[name] / whole["floor"]
        print(f"{name:6} process {whole[name]:.3f} s  ratio {ratio:.3f}  load {alone[name]:.4f} s")
    held = "held" if alone["ours"] <= TARGET else "MISSED"
    print(f"target load <= {TARGET} s: {held}")


if __name__ == "__main__":
    main()
