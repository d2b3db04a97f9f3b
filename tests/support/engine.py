"""A workbench that answers from samples, for kernels and threads that are real."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from typing import Any

from tests.support import samples
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.evidence import Evidence
from workbench.core.investigation import Failed, Investigation, Noted, Step
from workbench.core.terms import AS_SET, Terms
from workbench.core.timeline.record import to_json
from workbench.core.tools import ToolResult
from workbench.errors import ToolUnknown


class SampleWorkbench:
    """Has the facade of ``workbench.bootstrap.Workbench``.

    A question that says ``slowly`` is never answered; one that says ``stubborn`` also ignores
    being cancelled for a moment, as a slow tool does.
    """

    cluster = "demo"
    address = ClusterAddress(name="demo", kubeconfig="")
    model_name = "analyst"

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.closed = False
        self.notes: list[Noted] = []

    async def ask(
        self, question: str, scope: Scope, *, model: str = "", terms: Terms = AS_SET
    ) -> AsyncIterator[tuple[Investigation, Step]]:
        steps: tuple[Step, ...] = ()
        try:
            for step in (samples.asked(question), *samples.COMPLETE[1:]):
                steps = (*steps, step)
                yield samples.investigation(steps, question=question), step
                await asyncio.sleep(0.02)
                if "slowly" in question and len(steps) == 3:
                    await asyncio.sleep(60)
        except asyncio.CancelledError:
            if "stubborn" in question:
                await asyncio.sleep(0.2)
            stopped = Failed(at=samples.at(9), reason="Stopped.", cancelled=True)
            yield samples.investigation((*steps, stopped), question=question), stopped
            raise

    def fork(
        self, reference: str, *, after: str = "", question: str = "", terms: Terms = AS_SET
    ) -> AsyncIterator[tuple[Investigation, Step]]:
        return self.ask(question or f"{reference} after {after}", Scope(), terms=terms)

    async def diagnose(self, scope: Scope) -> tuple[Diagnosis, str]:
        healthy = "quiet" in scope.namespaces
        pending = samples.finding("POD_UNSCHEDULABLE", title="No node can take the pod")
        endpoints = samples.finding(
            "SERVICE_WITHOUT_ENDPOINTS", title="Service selects no ready pod"
        )
        all_of_them = (samples.CAUSE, samples.finding(), pending, endpoints)
        found = () if healthy else all_of_them
        return Diagnosis(cluster="demo", now=samples.START, findings=found), "E1"

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        self.calls.append((tool, arguments))
        if tool in ("list_resources", "events"):
            if arguments.get("kind") == "nonsense":
                return ToolResult(text="No kind is called nonsense.", failed=True)
            return ToolResult(text="two pods", data=samples.PODS, evidence="E2")
        if tool == "timeline":
            return ToolResult(text="", data=to_json(samples.incident()), evidence="E4")
        if tool == "owners":
            return ToolResult(text="", data=samples.OWNERS, evidence="E5")
        if tool == "top":
            return ToolResult(text="", data=samples.TOP, evidence="E6")
        if tool in ("logs", "describe"):
            return ToolResult(text=samples.EVIDENCE[2].text, evidence="E3")
        raise ToolUnknown(f"No server offers {tool}.")

    async def evidence(self, investigation: str, label: str) -> Evidence:
        if not investigation and label == "E2":  # whole, where the call's answer was shortened
            return samples.evidence("E2", "list_resources", "two pods\nin all", data=samples.PODS)
        return {e.label: e for e in samples.EVIDENCE}[label]

    async def evidences(self, investigation: str) -> tuple[Evidence, ...]:
        return samples.EVIDENCE

    async def load(self, investigation: str) -> Investigation:
        return samples.investigation((*samples.COMPLETE, *self.notes))

    async def answered(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> Investigation | None:
        return samples.investigation() if "again" in question else None

    async def plan(
        self, question: str, scope: Scope, terms: Terms = AS_SET, seconds: float | None = None
    ) -> str:
        return f"would ask {question!r} of {terms.model or 'analyst'}, tools {terms.tools}"

    async def recent(self, limit: int = 20) -> tuple[Investigation, ...]:
        return (samples.investigation(),)

    async def note(
        self,
        text: str,
        investigation: str = "",
        *,
        standing: str = "",
        evidence: Sequence[str] = (),
    ) -> Investigation:
        noted = Noted(at=samples.at(60), text=text, standing=standing, evidence=tuple(evidence))
        self.notes.append(noted)
        return await self.load(investigation)


@contextlib.asynccontextmanager
async def open_samples(context: str = "", snapshot: str = "") -> AsyncIterator[SampleWorkbench]:
    """What ``open_workbench`` is to the real one."""
    workbench = SampleWorkbench()
    try:
        yield workbench
    finally:
        workbench.closed = True
        if os.environ.get("SAMPLES_CLOSED"):
            with open(os.environ["SAMPLES_CLOSED"], "w") as file:  # noqa: ASYNC230 - a test's mark
                file.write("closed")
