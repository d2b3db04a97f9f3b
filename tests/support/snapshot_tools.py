"""The real tools over a snapshot, in this process: no server is started and no port is opened."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from multidict import CIMultiDict

from workbench.core.cluster import LogKey
from workbench.core.diagnosis import Diagnosis, to_json
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.errors import WorkbenchError
from workbench.kubernetes.client import Client
from workbench.kubernetes.credentials import Credentials
from workbench.kubernetes.kubeconfig import Choice
from workbench.kubernetes.session import Session
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.raw import Logs, RawSnapshot
from workbench.kubernetes.snapshots.serve.app import snapshot_app
from workbench.kubernetes.tools import judging, reading
from workbench.kubernetes.tools.judging import diagnosis_text
from workbench.kubernetes.transport import Request, Transport

DEMO = Path(judging.__file__).parents[1] / "snapshots" / "demo"


class _Content:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def iter_any(self) -> AsyncIterator[bytes]:
        yield self._body


class _Response:
    """The part of aiohttp's response that the client reads."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = CIMultiDict(response.headers)
        self.content = _Content(response.content)


class _Transport(Transport):
    """Requests go straight to the application that serves the snapshot."""

    def __init__(self, app: Any) -> None:
        transport = httpx.ASGITransport(app=app)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://snapshot")

    @asynccontextmanager
    async def send(self, request: Request, silence: float | None = None) -> AsyncIterator[Any]:
        headers = {"Accept": request.accept, "Content-Type": "application/json"}
        yield _Response(
            await self._http.request(
                request.method,
                request.path,
                params=request.params,
                content=request.content,
                headers=headers,
            )
        )

    async def close(self) -> None:
        await self._http.aclose()


class _Client(Client):
    def __init__(self, app: Any, cluster: str) -> None:
        self._app = app
        choice = Choice(kubeconfig="", context=cluster)
        super().__init__(choice, Credentials(server="http://snapshot"))

    def _take(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._transport = _Transport(self._app)


class _Session(Session):
    def __init__(self, client: Client) -> None:
        super().__init__(watch=False)
        self._client = client


class SnapshotTools:
    """Every tool of the Kubernetes server by its prefixed name, with labelled answers.

    diagnosis: what ``diagnose`` answers; None lets it look for itself.
    """

    def __init__(self, session: Session, diagnosis: Diagnosis | None = None) -> None:
        tools = (*reading.tools(session), *judging.tools(session))
        self._tools: dict[str, Callable[..., Any]] = {f"kube_{t.__name__}": t for t in tools}
        self._diagnosis = diagnosis
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, str] = {}

    async def list(self) -> tuple[ToolSpec, ...]:
        return tuple(_spec(name, tool) for name, tool in self._tools.items())

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        self.calls.append((name, arguments))
        if self._diagnosis is not None and name == "kube_diagnose":
            text, data = diagnosis_text(self._diagnosis), to_json(self._diagnosis)
            return self._recorded(text, data, failed=False)
        try:
            answer = await self._tools[name](**arguments)
        except WorkbenchError as error:
            return self._recorded(str(error), None, failed=True)
        return self._recorded(answer.text, answer.data, failed=False)

    def _recorded(self, text: str, data: Any, *, failed: bool) -> ToolResult:
        label = f"E{len(self.texts) + 1}"
        self.texts[label] = text
        return ToolResult(text=text, data=data, failed=failed, evidence=label)


def _spec(name: str, tool: Callable[..., Any]) -> ToolSpec:
    parameters = inspect.signature(tool).parameters
    required = [n for n, p in parameters.items() if p.default is inspect.Parameter.empty]
    return ToolSpec(
        name=name,
        server="kube",
        remote_name=name.removeprefix("kube_"),
        description=inspect.getdoc(tool) or "",
        input_schema={
            "type": "object",
            "properties": {n: {} for n in parameters},
            "required": required,
        },
        read_only=True,
    )


@asynccontextmanager
async def snapshot_tools(
    raw: RawSnapshot, diagnosis: Diagnosis | None = None
) -> AsyncIterator[SnapshotTools]:
    session = _Session(_Client(snapshot_app(raw), raw.manifest.cluster or "test"))
    yield SnapshotTools(session, diagnosis)
    await session.close()


def demo() -> RawSnapshot:
    """The bundled demo cluster."""
    return load(DEMO)


def scenario(folder: Path) -> RawSnapshot:
    """A folder of tests/scenarios as the API would serve it."""
    raw = load(folder / "cluster.yaml")
    logs = folder / "logs.yaml"
    texts = yaml.safe_load(logs.read_text()) if logs.exists() else {}
    held = Logs.of({_log_key(name): text.encode() for name, text in texts.items()})
    return RawSnapshot(raw.manifest, raw.objects, held)


def _log_key(name: str) -> LogKey:
    namespace, pod, container, *previous = name.split("/")
    return LogKey(namespace, pod, container, bool(previous))
