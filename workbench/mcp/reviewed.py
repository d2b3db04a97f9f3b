"""Read tools of other people's servers that were reviewed: each of them works against a cluster
that refuses every change.

Keyed by what the server calls itself, the tool's name and the SHA-256 of its whole definition: a
new version of a tool is not covered until somebody has looked at it again.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from workbench.mcp.offer import OfferedTool

REVIEWED: dict[str, dict[str, frozenset[str]]] = {
    "kubernetes-mcp-server": {  # 0.0.67
        "events_list": frozenset(
            {"1a7f2d033cd0c94af4c11bc258ddc3274b2474a8cecb35d001fd3a6e086dedfb"}
        ),
        "namespaces_list": frozenset(
            {"900e71fa69c8178a25c29d3350b200e46822217b8aacb96c9776de5c5df0ec54"}
        ),
        "nodes_top": frozenset(
            {"fb384aa194cda9643e334c7611f2220563c71f87dc6c653d6d286eddce45ddce"}
        ),
        "pods_get": frozenset({"6648a80168c685ed7ef757f365d1cd892d962d608410a051fa8b4ea694963562"}),
        "pods_list": frozenset(
            {"2dbedaff478ecbbb4ba89175d19b4d89c814d62fe5b63c1eacf83938a0011048"}
        ),
        "pods_list_in_namespace": frozenset(
            {"922ddc37165b8f19d54030fd034243a9362997033e72af92370424fcf2563b78"}
        ),
        "pods_log": frozenset({"c933db68c580ef48fd0db5e3a3ad93e46a87ea73826b15a9706f1b92c95c4483"}),
        "pods_top": frozenset({"dc96f4557baad3e3da22448e9c21ecf1ffb22084a6d0da15a9b5b18b164a1eb8"}),
        "resources_get": frozenset(
            {"1e91e36ff5d1be050b90555b669874bc96958b0e635294b3b52bc6775425560e"}
        ),
        "resources_list": frozenset(
            {"daf2dd0956ca59fffae8dcddfa7246cafc2b357d2b5bae4f566ec5c3c80b6569"}
        ),
    },
}
"""Server, tool, definitions. Left out on purpose: ``configuration_view``, which shows the
credentials of a kubeconfig, and ``projects_list``, which only OpenShift answers."""

_CONTEXT = re.compile(
    r"Optional parameter selecting which context to run the tool in\."
    r" Defaults to [\w.@:/-]{1,253} if not set"
)


def is_reviewed(implementation: str, tool: OfferedTool) -> bool:
    return fingerprint(tool) in REVIEWED.get(implementation, {}).get(tool.name, ())


def fingerprint(tool: OfferedTool) -> str:
    """Of the definition without the parameter that names the contexts of one kubeconfig."""
    definition = msgspec.json.decode(tool.definition)
    properties = definition.get("inputSchema", {}).get("properties", {})
    if _chooses_context(properties.get("context")):
        del properties["context"]
    return hashlib.sha256(msgspec.json.encode(definition, order="deterministic")).hexdigest()


def _chooses_context(parameter: object) -> bool:
    """Only in the very words of kubernetes-mcp-server: anything else stays in the fingerprint."""
    match parameter:
        case {"type": "string", "description": str(words), **rest}:
            return _CONTEXT.fullmatch(words) is not None and not set(rest) - {"enum"}
        case _:
            return False
