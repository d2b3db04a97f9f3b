"""Scenarios: a folder each, with a small cluster and what must be said about it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec
import yaml

from workbench.errors import UsageError

QUESTION = "What is wrong?"
"""What is asked where a scenario does not say."""
EXPECTED = "expect.yaml"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario.

    cause: the object to blame, ``Kind/namespace/name``; "" where nothing is wrong (``healthy``).
    says: words the answer should hold, told apart from whether it is right.
    """

    name: str
    folder: Path
    question: str = QUESTION
    cause: str = ""
    healthy: bool = False
    says: tuple[str, ...] = ()


def cases(folder: Path, only: str = "") -> tuple[Case, ...]:
    """The scenarios in a folder of folders (or the one that it is), by name; those that say which
    object is to blame, or that nothing is wrong, of a cluster that could be read whole.

    only: a name, with ``*`` for any letters. Raises UsageError when there is none.
    """
    found = tuple(
        case
        for path in _folders(folder)
        if (not only or fnmatch(path.name, only)) and (case := _case(path))
    )
    if not found:
        called = f" called {only}" if only else ""
        raise UsageError(
            f"There is no scenario{called} in {folder}.",
            f"A scenario is a folder with cluster.yaml and {EXPECTED}: see docs/evaluation.md.",
        )
    return found


def bundled() -> Path:
    """Where the scenarios that ship are: in the package when installed, in ``tests/scenarios`` of a
    checkout."""
    package = Path(__file__).parents[1]
    installed = package / "evaluation" / "scenarios"
    return installed if installed.is_dir() else package.parent / "tests" / "scenarios"


def _folders(folder: Path) -> Iterator[Path]:
    if (folder / EXPECTED).exists():
        yield folder
    yield from sorted(path.parent for path in folder.glob(f"*/{EXPECTED}"))


def _case(folder: Path) -> Case | None:
    expected = _read(folder / EXPECTED)
    if expected.get("gaps"):
        return None  # a cluster that is served whole cannot keep anything from being read
    healthy = bool(expected.get("healthy"))
    cause = str(expected.get("cause") or expected.get("first") or "").rpartition(" ")[2]
    if not healthy and not cause:
        return None
    return Case(
        name=folder.name,
        folder=folder,
        question=str(expected.get("question") or QUESTION),
        cause="" if healthy else cause,
        healthy=healthy,
        says=tuple(map(str, expected.get("says") or ())),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        words = " ".join(str(error).split())[:200]
        raise UsageError(f"{path} cannot be read: {words}.") from error
    if not isinstance(tree, dict):
        raise UsageError(f"{path} does not say what is expected.", "Like: first: CODE Pod/shop/web")
    return tree
