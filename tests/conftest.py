"""What holds for every test: it sees no keys, cluster, home or environment of who runs it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

_OUTSIDE = (
    "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL",
    "DATABASE_URL", "KUBECONFIG", "K8S_MCP_SERVER_PATH", "KUBERNETES_SERVICE_HOST",
    "VIRTUAL_ENV", "COLUMNS",
)  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def _interrupts_arrive() -> None:
    """A shell ignores them for what it starts in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _OUTSIDE:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "data"))
