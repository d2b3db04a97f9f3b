"""Read tools of other people's servers that were reviewed: their code only reads.

Keyed by what the server calls itself, the tool's name and the SHA-256 of its whole definition: a
new version of a tool is not covered until somebody has looked at it again.
"""

from __future__ import annotations

import hashlib

import msgspec

from workbench.mcp.offer import OfferedTool

REVIEWED: dict[str, dict[str, frozenset[str]]] = {}
"""Server, tool, definitions. Left out on purpose: ``configuration_view``, which shows the
credentials of a kubeconfig."""


def is_reviewed(implementation: str, tool: OfferedTool) -> bool:
    return fingerprint(tool) in REVIEWED.get(implementation, {}).get(tool.name, ())


def fingerprint(tool: OfferedTool) -> str:
    """Of the definition without the parameter that lists the contexts of one kubeconfig."""
    definition = msgspec.json.decode(tool.definition)
    definition.get("inputSchema", {}).get("properties", {}).pop("context", None)
    return hashlib.sha256(msgspec.json.encode(definition, order="deterministic")).hexdigest()
