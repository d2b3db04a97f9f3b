"""Knowledge: documents that investigations can find. List, search, take in, remove."""

from __future__ import annotations

import base64
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Caller, Operator, Viewer
from workbench.api.principals import Role
from workbench.core.knowledge import Found, Type
from workbench.errors import UsageError
from workbench.knowledge.ingest import Report
from workbench.knowledge.librarian import Librarian
from workbench.store.passages import Kept

router = APIRouter(prefix="/documents", tags=["documents"])

Types = Annotated[list[Type], Query(description="Only these; repeatable.", max_length=10)]


class File(BaseModel):
    """A file to take in: Markdown, HTML, PDF, a notebook, text or Prometheus rules, told by the
    end of its name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "dns.md", "text": "# DNS\n\nAsk Ann first."}]},
    )

    name: str = Field(pattern=r"^[^/\\\x00-\x1f]{1,200}$", description="Replaces yours of it.")
    text: str = Field("", description="What is in it.")
    base64: str = Field("", description="The same, of a file that is no text.")
    type: Type | None = Field(None, description="What it is, instead of what it looks like.")
    shared: bool = Field(False, description="For everybody; takes an administrator.")

    @property
    def data(self) -> bytes:
        if bool(self.text) == bool(self.base64):
            raise UsageError("A file needs `text` or `base64`, and not both.")
        try:
            return self.text.encode() or base64.b64decode(self.base64, validate=True)
        except ValueError as error:  # no base64, or not even ASCII
            raise UsageError(f"`base64` cannot be read: {error}.") from error


@router.get("", **answers(Kept, many=True))
async def listed(caller: Viewer, type: Types = []) -> Json:  # noqa: B006  # FastAPI copies it
    """Yours and everybody's, by source."""
    return Json(Page(items=await (await librarian(caller)).documents(type)))


@router.post("", **answers(Report, 201))
async def taken_in(file: File, caller: Operator) -> Json:
    """Take in a file, instead of the one of that name. Secrets are taken out first."""
    keeper = await librarian(caller)
    made = await keeper.take_in(file.name, file.data, shared=file.shared, type=file.type)
    return Json(made, status_code=201)


@router.get("/search", **answers(Found))
async def searched(
    caller: Viewer,
    q: Annotated[str, Query(min_length=1, max_length=2_000)],
    type: Types = [],  # noqa: B006
    namespace: Annotated[str, Query(max_length=253)] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Json:
    """The passages that fit best. Conversations, which nobody checked, only by their `type`."""
    return Json(await (await librarian(caller)).search(q, type, namespace, limit))


@router.delete("/{id}", status_code=204, response_class=Response)
async def removed(id: UUID, caller: Operator) -> None:
    """Remove it; what is everybody's takes an administrator."""
    await (await librarian(caller)).remove(id)


async def librarian(caller: Caller) -> Librarian:
    library = caller.workbench.knowledge
    if library is None:
        raise UsageError("This workbench keeps no knowledge.", "Use `workbench up`.")
    shares = caller.principal.role >= Role.ADMIN
    return Librarian(library, await caller.user(), caller.workbench.clock, shares=shares)
