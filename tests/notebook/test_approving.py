"""A change proposed, looked at and approved in a real kernel, on a real tool server and API."""

from __future__ import annotations

import asyncio
import importlib.metadata
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kubernetes.change.cluster import snapshot
from tests.notebook.test_kernel import displays, run
from tests.support import kernels
from workbench.kubernetes.snapshots.serve.server import served
from workbench.notebook.display import MIME

SCALE = "kind='deploy', name='web', namespace='shop'"
PROPOSE = f"import workbench as wb\nwb.propose('scale', {SCALE}, replicas=3)"
UNSEEN = f"""
from workbench.notebook import bridge
bridge.shared().run(lambda engine: engine.propose("scale", dict({SCALE}, replicas=4)))
"""
"""As an agent proposes: nobody has seen it yet."""


@pytest.fixture
def env(tmp_path: Path, database: str) -> dict[str, str]:
    try:
        importlib.metadata.version("k8s-workbench")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed: pip install -e .")
    return {
        "DATABASE_URL": database,
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "WORKBENCH_ALLOW_CHANGES": "true",
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }


def test_what_was_shown_is_made_once_and_by_a_person(env: dict[str, str], tmp_path: Path) -> None:
    with cluster(tmp_path / "kubeconfig"):
        _by_hand(env, tmp_path)


@contextmanager
def cluster(kubeconfig: Path) -> Iterator[None]:
    """A cluster that takes writes, served by a thread."""
    there, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with served(snapshot(), kubeconfig=kubeconfig, writable=True):
            there.set()
            await asyncio.to_thread(over.wait)

    with ThreadPoolExecutor(1) as thread:
        serving = thread.submit(asyncio.run, serve())
        try:
            assert there.wait(30)
            yield
        finally:
            over.set()
            serving.result(30)


def _by_hand(env: dict[str, str], folder: Path) -> None:
    with kernels.kernel(env, folder) as kernel:
        run(kernel, "%load_ext workbench")
        card = displays(run(kernel, PROPOSE))[-1][1]["data"]
        assert (card[MIME]["kind"], card[MIME]["state"]) == ("change", "proposed")
        assert "wb-awaiting" in card["text/html"]
        assert "+  replicas: 3" in card["text/plain"]
        assert "%k8s approve C-1" in card["text/plain"]
        made = displays(run(kernel, "%k8s approve C-1"))[-1][1]["data"]
        assert "was changed" in made["text/plain"]
        again = displays(run(kernel, "%k8s approve C-1"))[-1]  # Run All comes by once more
        assert again[0] == "error"
        listed = displays(run(kernel, "%k8s changes"))[-1][1]["data"]["text/plain"]
        assert "applied" in listed
        run(kernel, UNSEEN)
        error = displays(run(kernel, "%k8s approve C-2"))[-1][1]
        assert error["traceback"][-1] == "Look first: %k8s changes C-2"
        run(kernel, "%k8s changes C-2")
        kernel[1].allow_stdin = False  # as nbclient and papermill ask
        error = displays(run(kernel, "%k8s approve C-2"))[-1][1]
        assert "there is nobody to ask here" in error["traceback"][0]
