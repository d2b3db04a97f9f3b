"""What a real API server and kubectl said, where the recording is at hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

FOLDER = (Path(__file__).parents[2] / ".." / "shared" / "real-api").resolve()
NOW = datetime(2026, 11, 22, 11, 0, 26, tzinfo=UTC)

needed = pytest.mark.skipif(not FOLDER.exists(), reason="no recording of a real API server here")


def objects() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "get-all-events.json").read_text())["items"]
    nodes = json.loads((FOLDER / "nodes.json").read_text())["items"]
    return found + [{**node, "kind": "Node", "apiVersion": "v1"} for node in nodes]


def text(name: str) -> str:
    return (FOLDER / name).read_text()
