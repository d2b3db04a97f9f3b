"""What asking would do, said before it is done."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from workbench.agent.triage import DIAGNOSE
from workbench.core.budget import spendable
from workbench.core.cluster import Scope
from workbench.core.terms import Terms

if TYPE_CHECKING:
    from workbench.investigations.workbench import Workbench

WIDTH, INDENT = 90, 10


async def plan(
    workbench: Workbench, question: str, scope: Scope, terms: Terms, seconds: float | None
) -> str:
    """The plan in words. No model is asked, and the cluster only for its identity.

    seconds: how old an answer may be that stands for a new one; None for any age.
    """
    tools = await workbench.tools_for(terms)
    reuses = seconds != 0
    found = await workbench.answered(question, scope, terms, seconds) if reuses else None
    lines = {
        "question": question,
        "cluster": workbench.cluster,
        "scope": str(scope),
        "model": workbench.model_for(terms).label,
        "at most": spendable(workbench.budget_for(terms)),
        "first": f"{DIAGNOSE}, then what its findings lead to",
        "tools": ", ".join(spec.name for spec in await tools.list()),
        "given": ", ".join(table.name for table in terms.tables),
        "answered": f"{found.label} is shown instead; --fresh asks again" if found else "",
    }
    return "\n".join(
        textwrap.fill(f"{name:<{INDENT}}{said}", WIDTH, subsequent_indent=" " * INDENT)
        for name, said in lines.items()
        if said
    )
