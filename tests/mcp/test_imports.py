from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("workbench.mcp.stack, workbench.mcp.hub", ("mcp", "fastmcp", "pydantic", "anyio")),
        ("workbench.mcp.session", ("fastmcp", "jsonschema")),
    ],
)
def test_heavy_libraries_wait_until_they_are_needed(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*[m for m in {absent!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
