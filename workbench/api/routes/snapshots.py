"""Frozen clusters: the bundled ones, and the one here as a file. For administrators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from workbench import clusters
from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Admin, Viewer
from workbench.core.cluster import Scope
from workbench.investigations.capture import capturing

router = APIRouter(prefix="/snapshots", tags=["snapshots"])

ZIP = "application/zip"
CHUNK = 65_536


class SnapshotSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen cluster. gaps: how many things were not seen."""

    name: str
    cluster: str
    taken_at: datetime
    server_version: str
    gaps: int


class Capture(BaseModel):
    """What of the cluster goes into the file."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"namespaces": ["shop"], "logs": True}]}
    )

    namespaces: list[str] = Field([], max_length=100, description="Empty for all of them.")
    logs: bool = Field(True, description="Logs of containers that look ill.")

    @property
    def scope(self) -> Scope:
        return Scope(namespaces=tuple(self.namespaces))


@router.get("", **answers(SnapshotSummary, many=True))
async def listed(caller: Viewer) -> Json:
    """The bundled ones."""
    found = tuple(
        SnapshotSummary(
            name=name,
            cluster=manifest.cluster,
            taken_at=manifest.taken_at,
            server_version=manifest.server_version,
            gaps=len(manifest.gaps),
        )
        for name, manifest in clusters.bundled_snapshots().items()
    )
    return Json(Page(items=found))


@router.post(
    "",
    response_class=StreamingResponse,
    responses={200: {"content": {ZIP: {}}, "description": "The snapshot as a zip file."}},
)
async def captured(what: Capture, caller: Admin) -> StreamingResponse:
    """All this cluster shows now, as a file; recorded as a call. Values of Secrets are left out."""
    opened = AsyncExitStack()
    bench = caller.workbench
    taking = clusters.captured(bench.address, what.scope, logs=what.logs)
    async with capturing(bench, what.scope, logs=what.logs) as tell:
        path, manifest = await opened.enter_async_context(taking)
        tell(f"{path.stat().st_size} bytes, {len(manifest.gaps)} things not seen")
    headers = {"Content-Disposition": 'attachment; filename="snapshot.zip"'}
    return StreamingResponse(_chunks(path, opened), media_type=ZIP, headers=headers)


async def _chunks(path: Path, opened: AsyncExitStack) -> AsyncIterator[bytes]:
    async with opened:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
