"""What asking would do, said before it is done."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from workbench.agent.triage import DIAGNOSE
from workbench.core.budget import spendable
from workbench.core.cluster import Scope
from workbench.core.investigation import Investigation
from workbench.core.terms import Terms
from workbench.core.tools import ToolSpec
from workbench.investigations.desk import Desk

WIDTH, INDENT = 90, 10


def plan(
    desk: Desk,
    question: str,
    scope: Scope,
    terms: Terms,
    tools: Sequence[ToolSpec],
    found: Investigation | None,
) -> str:
    """The plan in words; no model is asked.

    tools: what it may call.
    found: the recorded answer that would be shown instead.
    """
    lines = {
        "question": question,
        "cluster": desk.cluster,
        "scope": str(scope),
        "model": desk.model_for(terms).label,
        "at most": spendable(desk.budget_for(terms)),
        "first": f"{DIAGNOSE}, then what its findings lead to",
        "tools": ", ".join(spec.name for spec in tools),
        "given": ", ".join(table.name for table in terms.tables),
        "answered": f"{found.label} is shown instead; --fresh asks again" if found else "",
    }
    return "\n".join(
        textwrap.fill(f"{name:<{INDENT}}{said}", WIDTH, subsequent_indent=" " * INDENT)
        for name, said in lines.items()
        if said
    )
