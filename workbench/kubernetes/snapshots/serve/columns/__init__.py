"""The printed columns of each kind (k8s.io/kubernetes, pkg/printers/internalversion).

One module per family of kinds; ``catalogue`` says which kind has which columns.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from workbench.kubernetes.snapshots.raw import Tree

Cell = Callable[[Tree, datetime], Any]
"""From an object and the frozen now to what stands in the cell."""


class Column(msgspec.Struct, frozen=True):
    """One column. ``priority`` above 0 means that only ``-o wide`` shows it."""

    name: str
    value: Cell
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""

    def definition(self) -> dict[str, Any]:
        """The column as columnDefinitions[] has it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


def column(name: str, value: Callable[[Tree], Any], type_: str = "string") -> Column:
    """A column whose cell depends on the object alone."""
    return Column(name, lambda tree, _now: value(tree), type_)


def wide(name: str, value: Callable[[Tree], Any]) -> Column:
    """A column of ``-o wide``."""
    return Column(name, lambda tree, _now: value(tree), priority=1)
