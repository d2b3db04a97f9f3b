"""Who may do what, decided in one place from the tool and nothing else."""

from __future__ import annotations

from enum import Enum

import msgspec

from workbench.core.tools import ToolSpec


class Decision(Enum):
    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


class Verdict(msgspec.Struct, frozen=True):
    """What was decided, and the rule that decided it."""

    decision: Decision
    rule: str


def judge(tool: ToolSpec) -> Verdict:
    """Reading is allowed; anything that may change the cluster is refused.

    A tool that nobody vouched for counts as changing things (see ToolSpec.read_only).
    """
    if tool.read_only:
        return Verdict(Decision.ALLOW, "read-only tools are allowed")
    return Verdict(Decision.REFUSE, f"{tool.name} may change the cluster and changes are off")
