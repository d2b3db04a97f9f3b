"""The process that survives this one and says so in the notebooks it was running."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from workbench.runbooks import interruption


class Keeper:
    """Told of runs; started at the first of them. See ``interruption.keep``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def began(self, output: Path, kernel: int | None = None) -> None:
        """A run writes ``output``; its kernel, once it has one, is the process group ``kernel``."""
        self._tell({"output": str(output.resolve()), "kernel": kernel})

    def ended(self, output: Path) -> None:
        """The run that wrote ``output`` is over."""
        self._tell({"output": str(output.resolve()), "ended": True})

    def _tell(self, what: dict[str, Any]) -> None:
        with self._lock:
            self._process = self._process or _started()
            if self._process.stdin:
                with contextlib.suppress(BrokenPipeError):  # then nobody is left to be told
                    self._process.stdin.write(json.dumps(what) + "\n")
                    self._process.stdin.flush()

    def close(self) -> None:
        """End it; what still runs by its account is marked."""
        with self._lock:
            process, self._process = self._process, None
        if process and process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()


def _started() -> subprocess.Popen[str]:
    script = Path(interruption.__file__)
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(script)],
        stdin=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,  # what ends this process's group leaves it alone
    )
