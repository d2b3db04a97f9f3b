"""What executed cells displayed, read back: findings, gaps, gates and investigations.

A runbook returns its findings by displaying them; each display carries its value as
``application/vnd.workbench+json`` (kind ``diagnosis``, ``gate`` or
``investigation``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from workbench.core.cluster import Gap
from workbench.core.diagnosis import from_json
from workbench.core.findings import Finding
from workbench.core.investigation import FindingsRaised, Investigation
from workbench.core.runbook import Gate
from workbench.errors import RunbookError

MIME = "application/vnd.workbench+json"


class Harvest(msgspec.Struct, frozen=True):
    """Each finding and gap once, and every gate, in the order they were first shown."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    investigations: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()


def harvest(notebook: Mapping[str, Any]) -> Harvest:
    """What the notebook's outputs hold. Raises RunbookError for one that is not what its kind
    says."""
    findings: dict[str, Finding] = {}
    gaps: dict[Gap, None] = {}
    labels: dict[str, None] = {}
    gates: list[Gate] = []
    for tree in _displayed(notebook):
        try:
            shown = _read(tree)
        except (msgspec.ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunbookError(f"A cell displayed an unreadable {tree.get('kind')}.") from error
        findings |= {f.id: f for f in shown.findings if f.id not in findings}
        gaps |= dict.fromkeys(shown.gaps)
        labels |= dict.fromkeys(shown.investigations)
        gates += shown.gates
    return Harvest(tuple(findings.values()), tuple(gaps), tuple(labels), tuple(gates))


def _read(tree: Mapping[str, Any]) -> Harvest:
    match tree.get("kind"):
        case "diagnosis":
            diagnosis = from_json(tree["value"])
            return Harvest(diagnosis.findings, diagnosis.gaps)
        case "gate":
            return Harvest(gates=(msgspec.convert(tree["value"], Gate),))
        case "investigation":
            investigation = msgspec.convert(tree["value"], Investigation, strict=False)
            raised = [s for s in investigation.steps if isinstance(s, FindingsRaised)]
            gaps = tuple(gap for step in raised for gap in step.gaps)
            return Harvest(investigation.findings, gaps, (investigation.label,))
    return Harvest()


def _displayed(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for cell in notebook.get("cells", ()):
        for output in cell.get("outputs", ()):
            tree = output.get("data", {}).get(MIME)
            if isinstance(tree, Mapping):
                yield tree
