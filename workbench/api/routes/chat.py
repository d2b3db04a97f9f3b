"""Ask, and watch the answer come."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from workbench.api import events
from workbench.api.answers import Json, answers
from workbench.api.caller import Caller, Operator
from workbench.core.cluster import Scope
from workbench.core.investigation import Investigation

router = APIRouter(tags=["chat"])

MAX_QUESTION = 16_384


class Question(BaseModel):
    """What is asked, and about what."""

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
    model: str = Field("", max_length=200, description="`provider:model`; empty for the default.")
    agent: str = Field("", max_length=100, description="The name of an agent; empty for none.")

    @property
    def scope(self) -> Scope:
        return Scope(namespaces=tuple(self.namespaces), selector=self.selector)


@router.post("/chat", **answers(Investigation))
async def chat(question: Question, caller: Operator) -> Json:
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
async def chat_stream(question: Question, caller: Operator) -> EventSourceResponse:
    """Ask and receive each step as it is recorded, and between them the model's words as they come
    (`delta` events). It goes on when the connection breaks: resume at
    `/api/investigations/{label}/stream`."""
    made = await _start(question, caller)
    return events.stream(caller.live, made)


async def _start(question: Question, caller: Caller) -> Investigation:
    return await caller.live.start(
        caller.workbench,
        question.message,
        question.scope,
        model=question.model,
        agent=question.agent,
        conversation=question.conversation,
    )


LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=20)]
