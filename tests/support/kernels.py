"""Real kernels whose workbench answers from samples."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
STARTUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.support.engine import open_samples
from workbench.notebook import bridge
bridge.use(open_samples)
"""


def environment(folder: Path) -> dict[str, str]:
    """Variables for a kernel that opens the sample workbench before its first cell."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "00-samples.py").write_text(STARTUP)
    return {"IPYTHONDIR": str(folder / "ipython"), "SAMPLES_CLOSED": str(folder / "closed")}


@contextmanager
def kernel(
    env: dict[str, str], folder: Path, name: str = "python3"
) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """A kernel that is ready, and its client."""
    sockets = tempfile.mkdtemp(prefix="kernel-")
    connection = os.path.join(sockets, "kernel.json")
    manager = KernelManager(kernel_name=name, transport="ipc", connection_file=connection)
    manager.start_kernel(env={**os.environ, **env}, cwd=str(folder))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
        manager.cleanup_resources()
        shutil.rmtree(sockets)


def notebook(*sources: str) -> Any:
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(s) for s in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
