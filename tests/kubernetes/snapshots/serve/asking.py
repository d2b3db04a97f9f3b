"""Asking a snapshot's API in process."""

from __future__ import annotations

from typing import Any

import httpx

from tests.kubernetes.snapshots.shop import snapshot
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.serve.app import snapshot_app

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Api:
    """The API over one snapshot."""

    def __init__(self, raw: RawSnapshot | None = None) -> None:
        self._transport = httpx.ASGITransport(app=snapshot_app(raw or snapshot()))  # type: ignore[arg-type]

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        base = "http://127.0.0.1"
        async with httpx.AsyncClient(transport=self._transport, base_url=base) as client:
            return await client.request(method, path, **more)

    async def get(self, path: str, accept: str = "application/json") -> httpx.Response:
        return await self.ask("GET", path, headers={"Accept": accept})

    async def table(self, path: str) -> list[list[Any]]:
        """The cells of the Table at ``path``."""
        answer = await self.get(path, TABLE)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["kind"] == "Table"
        return [row["cells"] for row in body["rows"]]

    async def names(self, path: str) -> list[str]:
        """The names in the list at ``path``."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return [item["metadata"].get("name", "") for item in answer.json()["items"]]
