"""No test of the agent may reach a model over the network: only what listens on loopback."""

from __future__ import annotations

import socket
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to look up or connect to anything but loopback, and hide the caller's keys."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    real = socket.getaddrinfo

    def loopback(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        assert name in ("127.0.0.1", "localhost", "::1"), f"a test tried to reach {name}"
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", loopback)
