"""What a dry run would change, as a unified diff a person reads and a digest code compares."""

from __future__ import annotations

import difflib
import hashlib
from typing import Any

import msgspec
import yaml

from workbench.kubernetes.change.plan import Tree, wanted_part
from workbench.kubernetes.masking import masked


def unified(before: Tree | None, after: Tree | None, name: str) -> str:
    """The diff of both as YAML, without values that are never shown; "" when they are equal."""
    old, new = _lines(before), _lines(after)
    return "".join(difflib.unified_diff(old, new, f"{name} (now)", f"{name} (then)", n=2))


def digest(before: Tree | None, after: Tree | None) -> str:
    """SHA-256 over both, values that are not shown included."""
    sides = [wanted_part(side) if side else None for side in (before, after)]
    return hashlib.sha256(msgspec.json.encode(sides, order="deterministic")).hexdigest()


def _lines(tree: Tree | None) -> list[str]:
    if tree is None:
        return []
    shown: Any = masked(wanted_part(tree))
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(shown, Dumper=dumper, sort_keys=True, allow_unicode=True, width=120)
    return str(text).splitlines(keepends=True)
