"""Forks: another way on from a step of an investigation."""

from __future__ import annotations

from decimal import Decimal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.answers import Json, answers
from workbench.api.caller import Operator
from workbench.api.routes.chat import least
from workbench.api.routes.investigations import Label
from workbench.core.budget import Budget
from workbench.core.investigation import Investigation
from workbench.core.question import MOST as MAX_QUESTION
from workbench.core.terms import Terms

router = APIRouter(prefix="/investigations", tags=["investigations"])


class Fork(BaseModel):
    """From where, and how to go on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"after": "E5", "message": "Is it the disk?"}]},
    )

    after: str = Field(
        "",
        pattern=r"^(E?[0-9]{1,9})?$",
        description="The last step that is kept: `E5` or its number, from 1; empty for all.",
    )
    message: str = Field("", max_length=MAX_QUESTION, description="Instead of its question.")
    model: str = Field("", max_length=200, description="`provider:model`; empty for the default.")
    agent: str = Field("", max_length=100, description="The name of an agent; empty for none.")
    dollars: Decimal | None = Field(
        None, gt=0, le=10**6, description="At most; never more than set."
    )
    tool_calls: int | None = Field(None, ge=1, le=10**6, description="The same.")

    def terms(self, budget: Budget) -> Terms:
        """What was asked for, within ``budget``."""
        return Terms(
            model=self.model,
            agent=self.agent,
            dollars=least(self.dollars, budget.dollars),
            tool_calls=least(self.tool_calls, budget.tool_calls),
        )


@router.post("/{label}/fork", **answers(Investigation, 202))
async def forked(label: Label, how: Fork, caller: Operator) -> Json:
    """Go on from one of its steps in a new investigation: what was read until then is taken from
    its record. Follow the new one at its stream."""
    found = await caller.workbench.store.investigations.load(label, user=await caller.sees())
    made = await caller.live.fork(
        caller.workbench,
        str(found.id),
        after=how.after,
        question=how.message,
        terms=how.terms(caller.workbench.budget),
    )
    return Json(made, status_code=202)
