"""A cluster made of prepared tool answers, read from ``tests/support/clusters/*.yaml``.

A file holds a diagnosis, answers by tool and arguments, and questions with what a good answer to
them must and must not say. Adding a case adds no code.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from workbench.core.cluster import Gap, ObjectRef
from workbench.core.diagnosis import Diagnosis, to_json
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.errors import ToolRefused, ToolServerDown, ToolTimeout, ToolUnknown

CLUSTERS = Path(__file__).parent / "clusters"
NOW = datetime(2026, 3, 4, 3, 12, tzinfo=UTC)
ERRORS = {"timeout": ToolTimeout, "down": ToolServerDown, "refused": ToolRefused}

# The arguments of the built-in Kubernetes tool server.
SIGNATURES = {
    "diagnose": ("namespaces", "selector", "since"),
    "describe": ("kind!", "name!", "namespace"),
    "events": ("namespace", "kind", "name", "warnings_only", "since"),
    "logs": ("namespace", "pod!", "container", "previous", "tail_lines", "since_seconds"),
    "list_resources": ("kind!", "namespace", "selector", "field_selector", "limit"),
    "get_resource": ("kind!", "name!", "namespace"),
    "rollout_history": ("kind!", "name!", "namespace"),
    "top": ("kind", "namespace"),
    "owners": ("kind!", "name!", "namespace"),
}


def specs(names: tuple[str, ...] = tuple(SIGNATURES), prefix: str = "kube_") -> list[ToolSpec]:
    return [_spec(name, prefix) for name in names]


def _spec(name: str, prefix: str) -> ToolSpec:
    arguments = SIGNATURES[name]
    return ToolSpec(
        name=prefix + name,
        server="kube",
        remote_name=name,
        description=f"The {name} tool.",
        input_schema={
            "type": "object",
            "properties": {a.rstrip("!"): {} for a in arguments},
            "required": [a.rstrip("!") for a in arguments if a.endswith("!")],
        },
        read_only=True,
    )


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((CLUSTERS / f"{name}.yaml").read_text())


def finding(tree: dict[str, Any]) -> Finding:
    """A finding from its short form: ``subject: Pod shop/web-1``."""
    return Finding(
        code=tree["code"],
        subject=ref(tree["subject"]),
        severity=Severity[tree.get("severity", "error").upper()],
        title=tree.get("title", tree["code"].replace("_", " ").capitalize()),
        message=tree["message"],
        evidence=tuple(Pointer(*p) for p in tree.get("evidence", [["Pod", "status", "Failed"]])),
        next_steps=tuple(tree.get("next_steps", ())),
        detail=tree.get("detail", ""),
        related=tuple(ref(r) for r in tree.get("related", ())),
        root_cause=tree.get("root_cause", False),
        explains=tuple(tree.get("explains", ())),
    )


def ref(text: str) -> ObjectRef:
    kind, _, where = text.partition(" ")
    namespace, _, name = where.rpartition("/")
    return ObjectRef(kind, namespace, name)


def diagnosis(cluster: dict[str, Any]) -> Diagnosis:
    return Diagnosis(
        cluster=cluster["name"],
        now=NOW,
        findings=tuple(finding(f) for f in cluster.get("findings", ())),
        gaps=tuple(Gap(*g) for g in cluster.get("gaps", ())),
    )


class ScriptedTools:
    """Answers calls from a cluster file and remembers them.

    ``calls``: every call in order. ``texts``: evidence label to the text it was given for.
    """

    def __init__(self, cluster: dict[str, Any], *, prefix: str = "kube_") -> None:
        self._cluster = cluster
        names = tuple(cluster.get("tools", SIGNATURES))
        self.specs = {s.name: s for s in specs(names, prefix)}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, str] = {}
        self.cancelled = 0
        self.hanging = asyncio.Event()

    async def list(self) -> tuple[ToolSpec, ...]:
        return tuple(self.specs.values())

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        self.calls.append((name, arguments))
        spec = self.specs.get(name)
        if spec is None:
            raise ToolUnknown(f"No connected server offers {name}.", "Look at the list of tools.")
        if spec.remote_name == "diagnose" and "diagnose" not in self._cluster:
            return self._recorded(_diagnose(self._cluster))
        script = self._script(spec.remote_name, arguments)
        if script.get("hangs"):
            await self._hang()
        if script.get("error"):
            raise ERRORS[script["error"]](f"{name} did not answer.", "Try again.")
        return self._recorded(
            ToolResult(
                text=script["text"], data=script.get("data"), failed=script.get("failed", False)
            )
        )

    async def _hang(self) -> None:
        self.hanging.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def _script(self, remote_name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        for script in self._cluster.get("answers", ()):
            wanted = script.get("with", {})
            if script["tool"] == remote_name and wanted.items() <= arguments.items():
                return script
        if remote_name in ("events", "list_resources"):
            return {"text": "Nothing found."}
        what = f"{arguments.get('kind', 'pods')} {arguments.get('name', '')}".strip()
        return {"text": f'Error from server (NotFound): "{what}" not found', "failed": True}

    def _recorded(self, result: ToolResult) -> ToolResult:
        label = f"E{len(self.texts) + 1}"
        self.texts[label] = result.text
        return ToolResult(text=result.text, data=result.data, failed=result.failed, evidence=label)


def _diagnose(cluster: dict[str, Any]) -> ToolResult:
    found = diagnosis(cluster)
    lines = [f"{f.severity.word}  {f.subject}  {f.message}" for f in found.findings]
    return ToolResult(text="\n".join(lines) or "No findings.", data=to_json(found))
