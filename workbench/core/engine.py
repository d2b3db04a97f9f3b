"""What a surface asks of a workbench, whether it is open in this process or behind a gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from workbench.core.change import Applied, Approval, ProposedChange
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.difference import Comparison
from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation, Step
from workbench.core.terms import AS_SET, Terms
from workbench.core.tools import ToolResult, ToolSpec

Decided = tuple[ProposedChange, Approval | None]
"""A proposed change and the decision about it."""


class Listing(Protocol):
    """Tools to look at."""

    async def list(self) -> tuple[ToolSpec, ...]: ...


class Recordings(Protocol):
    """What is recorded, read: ``investigations.archive.Archive`` says what each does."""

    async def load(self, investigation: str) -> Investigation: ...

    async def newest(self) -> Investigation: ...

    async def recent(self, limit: int) -> Sequence[Investigation]: ...

    async def evidences(self, investigation: Investigation) -> Sequence[Evidence]: ...

    async def diff(self, before: str, after: str) -> Comparison: ...


class Engine(Protocol):
    """``investigations.workbench.Workbench`` says what each does; ``remote.RemoteWorkbench`` has it
    done where the record is.

    database: what keeps the record, in words.
    """

    @property
    def cluster(self) -> str: ...

    @property
    def address(self) -> ClusterAddress: ...

    @property
    def database(self) -> str: ...

    @property
    def model_name(self) -> str: ...

    @property
    def tools(self) -> Listing: ...

    @property
    def clock(self) -> Callable[[], datetime]: ...

    def ask(
        self, question: str, scope: Scope, *, terms: Terms = AS_SET
    ) -> AsyncGenerator[tuple[Investigation, Step]]: ...

    def resume(
        self, reference: str, *, model: str = ""
    ) -> AsyncGenerator[tuple[Investigation, Step]]: ...

    def fork(
        self, reference: str, *, after: str = "", question: str = "", terms: Terms = AS_SET
    ) -> AsyncGenerator[tuple[Investigation, Step]]: ...

    async def answered(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> Investigation | None: ...

    async def plan(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> str: ...

    async def diagnose(self, scope: Scope) -> tuple[Diagnosis, str]: ...

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult: ...

    async def load(self, investigation: str) -> Investigation: ...

    async def recent(self, limit: int = 20) -> Sequence[Investigation]: ...

    async def note(
        self,
        text: str,
        investigation: str = "",
        *,
        standing: str = "",
        evidence: Sequence[str] = (),
    ) -> Investigation: ...

    async def evidence(self, investigation: str, label: str) -> Evidence: ...

    async def evidences(self, investigation: str) -> Sequence[Evidence]: ...

    async def rerun(self, reference: str) -> Comparison: ...

    async def diff(self, before: str, after: str) -> Comparison: ...

    async def propose(
        self, tool: str, arguments: dict[str, Any], why: str = ""
    ) -> ProposedChange: ...

    async def approve(
        self,
        change: str,
        *,
        digest: str = "",
        wait: float = 0.0,
        reason: str = "",
        attended: bool = True,
    ) -> Applied: ...

    async def deny(self, change: str, *, reason: str = "") -> ProposedChange: ...

    async def change(self, which: str) -> Decided: ...

    async def changes(self, limit: int = 20) -> Sequence[Decided]: ...
