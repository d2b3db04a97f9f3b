"""Conversations: list, open with messages, rename, delete."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.answers import Json, Page, answers, tagged
from workbench.api.caller import Operator, Viewer
from workbench.store.conversations import Conversation, Message

router = APIRouter(prefix="/conversations", tags=["conversations"])


class ConversationWithMessages(msgspec.Struct, frozen=True):
    """A conversation and what was said in it, oldest first."""

    conversation: Conversation
    messages: tuple[Message, ...]


class Rename(BaseModel):
    """Another title."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "Checkout"}]}
    )

    title: str = Field(min_length=1, max_length=500)


@router.get("", **answers(Conversation, many=True))
async def listed(
    caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    after: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
    q: Annotated[
        str, Query(max_length=200, description="Words of the title or of the messages.")
    ] = "",
) -> Json:
    """Yours (everybody's for an administrator), last used first."""
    found = await caller.workbench.store.conversations.list(await caller.sees(), limit, after, q)
    return Json(Page(items=found, next=str(found[-1].id) if len(found) == limit else ""))


@router.get("/{id}", **answers(ConversationWithMessages))
async def opened(id: UUID, caller: Viewer, request: Request) -> Response:
    """One conversation with its messages."""
    conversations = caller.workbench.store.conversations
    found = await conversations.get(id, await caller.sees())
    return tagged(request, ConversationWithMessages(found, await conversations.messages(id)))


@router.patch("/{id}", **answers(Conversation))
async def renamed(id: UUID, change: Rename, caller: Operator) -> Json:
    """Give it another title."""
    conversations = caller.workbench.store.conversations
    await conversations.rename(id, change.title, await caller.sees())
    return Json(await conversations.get(id, await caller.sees()))


@router.delete("/{id}", status_code=204, response_class=Response)
async def deleted(id: UUID, caller: Operator) -> None:
    """Delete it and its messages. Investigations and the record of tool calls stay."""
    await caller.workbench.store.conversations.delete(id, await caller.sees())
