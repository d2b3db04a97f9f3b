"""A workbench over a folder of tests/scenarios, with the real tools, for kernels that are real."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.support.kernels import ROOT
from tests.support.snapshot_tools import SnapshotTools, scenario, snapshot_tools
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.diagnosis import Diagnosis, from_json
from workbench.core.investigation import Investigation
from workbench.core.tools import CallContext, ToolResult
from workbench.errors import ToolFailed

CONTEXT = CallContext(investigation=UUID(int=0), user="test", surface="test")
STARTUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.support.scenario_engine import open_scenario
from workbench.notebook import bridge
bridge.use(open_scenario)
"""


class ScenarioWorkbench:
    """The part of ``workbench.bootstrap.Workbench`` that runbooks use."""

    model_name = "analyst"

    def __init__(self, name: str, tools: SnapshotTools) -> None:
        self.cluster = name
        self.address = ClusterAddress(name=name, kubeconfig="")
        self.tools = tools

    async def diagnose(self, scope: Scope) -> tuple[Diagnosis, str]:
        result = await self.call("diagnose", {"namespaces": list(scope.namespaces) or None})
        return from_json(result.data), result.evidence

    async def load(self, investigation: str) -> Investigation:
        """Of this session, to which all calls belong."""
        return Investigation(id=UUID(int=1), number=1, session=True, question="", scope=Scope())

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        result = await self.tools.call(f"kube_{tool}", arguments, CONTEXT)
        if result.failed:
            raise ToolFailed(result.text)
        return result


@asynccontextmanager
async def open_scenario(context: str = "", snapshot: str = "") -> AsyncIterator[ScenarioWorkbench]:
    """What ``open_workbench`` is to the real one; the scenario's name is in ``SCENARIO``."""
    folder = ROOT / "tests" / "scenarios" / os.environ["SCENARIO"]
    async with snapshot_tools(scenario(folder)) as tools:
        yield ScenarioWorkbench(folder.name, tools)


def environment(folder: Path, name: str) -> dict[str, str]:
    """Variables for a kernel that looks at the scenario of that name."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "00-scenario.py").write_text(STARTUP)
    return {"IPYTHONDIR": str(folder / "ipython"), "SCENARIO": name}
