"""Ask, and watch the answer come."""

from __future__ import annotations

from contextlib import aclosing
from decimal import Decimal
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from workbench.api import events
from workbench.api.answers import Json, answers
from workbench.api.caller import Caller, Operator
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.investigation import Investigation
from workbench.core.question import MOST as MAX_QUESTION
from workbench.core.terms import Table, Terms
from workbench.errors import NotRecorded

router = APIRouter(tags=["chat"])

N = TypeVar("N", Decimal, int)


class GivenTable(BaseModel):
    """A table given along; `text` is as it is read, `source` the evidence it came from."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=500_000)
    source: str = Field("", max_length=60)


class Question(BaseModel):
    """What is asked, about what, and on which terms."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"message": "Why is checkout failing?", "namespaces": ["shop"]}]
        },
    )

    message: str = Field(min_length=1, max_length=MAX_QUESTION, pattern=r"\S")
    conversation: UUID | None = Field(None, description="One of yours to go on in.")
    namespaces: list[str] = Field([], max_length=100, description="Empty for all of them.")
    selector: str = Field("", max_length=1024, description="A label selector.")
    since: int = Field(0, ge=0, le=10**9, description="Seconds back; 0 for all there is.")
    model: str = Field("", max_length=200, description="`provider:model`; empty for the default.")
    agent: str = Field("", max_length=100, description="The name of an agent; empty for none.")
    tools: list[Annotated[str, Field(max_length=200)]] = Field(
        [], max_length=500, description="`-logs` leaves one out, `+prom` insists, names alone stay."
    )
    dollars: Decimal | None = Field(
        None, gt=0, le=10**6, description="At most; never more than set."
    )
    tool_calls: int | None = Field(None, ge=1, le=10**6, description="The same.")
    tables: list[GivenTable] = Field([], max_length=20)

    @property
    def scope(self) -> Scope:
        return Scope(namespaces=tuple(self.namespaces), selector=self.selector, since=self.since)

    def terms(self, budget: Budget) -> Terms:
        """What was asked for, within ``budget``: nobody gets more than is set here."""
        return Terms(
            model=self.model,
            agent=self.agent,
            dollars=least(self.dollars, budget.dollars),
            tool_calls=least(self.tool_calls, budget.tool_calls),
            tools=tuple(self.tools),
            tables=tuple(Table(**table.model_dump()) for table in self.tables),
        )


class Asking(Question):
    """A question that is to be asked once, however often it is sent."""

    id: UUID | None = Field(
        None,
        description="Made by you. Sent again under it, a question is the same one: it is followed.",
    )


class Again(Question):
    """A question that may have been answered. ``seconds``: how old an answer may be."""

    seconds: float | None = Field(None, ge=0, le=10**9, description="Empty for any age.")


class Plan(msgspec.Struct, frozen=True):
    """What asking would do, in words."""

    text: str


@router.post("/chat", **answers(Investigation))
async def chat(question: Asking, caller: Operator) -> Json:
    """Ask and wait for the answer: the whole investigation."""
    made = await _start(question, caller)
    try:
        async with aclosing(caller.live.follow(made.id)) as steps:
            async for _ in steps:
                pass
    finally:
        await caller.live.cancel(made.id)  # nobody waits for it any more
    return Json(await caller.workbench.store.investigations.load(made.id))


@router.post("/chat/stream", response_class=EventSourceResponse)
async def chat_stream(question: Asking, caller: Operator) -> EventSourceResponse:
    """Ask and receive each step as it is recorded, and between them the model's words as they come
    (`delta` events). It goes on when the connection breaks: resume at
    `/api/investigations/{label}/stream`."""
    made = await _start(question, caller)
    return events.stream(caller.live, made)


@router.post("/answered", **answers(Investigation))
async def answered(again: Again, caller: Operator) -> Json:
    """Your recorded answer to the very same question about the same cluster; 404 without one."""
    workbench = caller.workbench
    terms = again.terms(workbench.budget)
    found = await workbench.answered(again.message, again.scope, terms, again.seconds)
    if found is None:
        raise NotRecorded("No answer to that is recorded.", "Ask it.")
    return Json(found)


@router.post("/plan", **answers(Plan))
async def planned(again: Again, caller: Operator) -> Json:
    """What asking would do: where, by which model, with which tools, for how much at most. Nothing
    is asked."""
    terms = again.terms(caller.workbench.budget)
    told = await caller.workbench.plan(again.message, again.scope, terms, again.seconds)
    return Json(Plan(told))


def least(wanted: N | None, most: N | None) -> N | None:
    """What was asked for, but no more than is set; None for no limit."""
    return min(wanted, most) if wanted and most else wanted


async def _start(question: Asking, caller: Caller) -> Investigation:
    return await caller.live.start(
        caller.workbench,
        question.message,
        question.scope,
        terms=question.terms(caller.workbench.budget),
        conversation=question.conversation,
        id=question.id,
    )


LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=20)]
