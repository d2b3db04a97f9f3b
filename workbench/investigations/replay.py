"""The same question again on recorded evidence: no cluster, no tool server, nothing recorded."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime
from uuid import UUID

import msgspec

from workbench.agent.brief import Brief, Crew
from workbench.agent.choice import ModelChoice
from workbench.agent.investigator import investigate
from workbench.core.budget import Budget
from workbench.core.evidence import Evidence
from workbench.core.investigation import Asked, Investigation, Step
from workbench.core.pseudonyms import Replaced
from workbench.core.tools import CallContext, ToolSpec
from workbench.mcp.limited import Limited
from workbench.mcp.replayed import Missing, Replayed


class Replay:
    """One investigation played again, maybe with another model.

    missing: calls asked for so far that were not recorded; they failed, nothing was made up.
    """

    def __init__(
        self, original: Investigation, evidence: Sequence[Evidence], specs: Iterable[ToolSpec] = ()
    ) -> None:
        self.original = original
        self._tools = Replayed(evidence, specs)

    @property
    def missing(self) -> tuple[Missing, ...]:
        return tuple(self._tools.missing)

    async def steps(
        self,
        model: ModelChoice,
        budget: Budget,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        replaced: Collection[Replaced] = (),
    ) -> AsyncGenerator[tuple[Investigation, Step]]:
        """The investigation so far with each new step, under the labels of the original.

        replaced: what a model gets stand-ins for, as when it was first asked.
        """
        context = CallContext(investigation=self.original.id, user=_user(self.original))
        so_far = msgspec.structs.replace(self.original, steps=())
        brief = Brief(
            question=self.original.question,
            scope=self.original.scope,
            budget=budget,
            cluster=_cluster(self.original),
            replaced=replaced,
        )
        run = investigate(brief, Crew(model, Limited(self._tools)), context, clock, new_id)
        async with aclosing(run) as steps:
            async for step in steps:
                so_far = msgspec.structs.replace(so_far, steps=(*so_far.steps, step))
                yield so_far, step


def _asked(investigation: Investigation) -> Asked | None:
    return next((s for s in investigation.steps if isinstance(s, Asked)), None)


def _user(investigation: Investigation) -> str:
    asked = _asked(investigation)
    return asked.user if asked else ""


def _cluster(investigation: Investigation) -> str:
    asked = _asked(investigation)
    return asked.cluster if asked else ""
