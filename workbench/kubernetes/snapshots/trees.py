"""Reading object trees that may hold anything: a wrong type reads as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping(found: Any) -> dict[str, Any]:
    """``found`` if it is an object, else an empty one."""
    return found if isinstance(found, dict) else {}


def mappings(found: Any) -> list[dict[str, Any]]:
    """The objects in ``found`` if it is a list, else none."""
    return [f for f in found if isinstance(f, dict)] if isinstance(found, list) else []


def texts(found: Any) -> tuple[str, ...]:
    """The strings in ``found`` if it is a list, else none."""
    return tuple(f for f in found if isinstance(f, str)) if isinstance(found, list) else ()


def at(tree: Any, *path: str) -> Any:
    """The value at ``status``, ``phase``, …, or None where the path ends early."""
    for step in path:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(step)
    return tree


def text(tree: Any, *path: str) -> str:
    """The string at ``path``; "" for anything else."""
    found = at(tree, *path)
    return found if isinstance(found, str) else ""


def number(tree: Any, *path: str) -> int:
    """The whole number at ``path``; 0 for anything else."""
    found = at(tree, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
