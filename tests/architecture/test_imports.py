"""What a command or an extension may import: start-up time is a promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = str(ROOT / "workbench" / "kubernetes" / "snapshots" / "demo")
AFTER = "import sys, json; print('\\n' + json.dumps(sorted(sys.modules)))"
HEAVY = {
    "asyncpg", "bokeh", "fastmcp", "httpx", "IPython", "kr8s", "mcp", "pandas", "panel",
    "papermill", "param", "pydantic", "pydantic_ai", "pydantic_settings", "starlette", "uvicorn",
}  # fmt: skip


def imported_by(code: str) -> set[str]:
    """The top-level names of the modules a fresh process has after running the code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{AFTER}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def command(*arguments: str) -> str:
    return (
        "import sys\nfrom workbench.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass"
    )


def test_the_package_imports_the_standard_library_only() -> None:
    others = imported_by("import workbench") - set(sys.stdlib_module_names) - imported_by("pass")
    assert others == {"workbench"}


def test_loading_the_extension_imports_nothing_heavy() -> None:
    shell = "from IPython.core.interactiveshell import InteractiveShell as S\nshell = S()\n"
    loaded = imported_by(f"{shell}shell.run_line_magic('load_ext', 'workbench')")
    assert loaded - imported_by(shell) <= {"workbench"} | set(sys.stdlib_module_names)
    assert not (loaded - imported_by(shell)) & HEAVY


def test_help_imports_click_only() -> None:
    others = imported_by(command("--help")) - set(sys.stdlib_module_names) - imported_by("pass")
    assert others == {"workbench", "click"}


@pytest.mark.parametrize("arguments", [("--snapshot", DEMO), ("--snapshot", DEMO, "--json")])
def test_judging_a_snapshot_imports_no_client_database_or_agent(arguments: tuple[str, ...]) -> None:
    assert not imported_by(command("analyze", *arguments)) & HEAVY
