"""What was perhaps meant by a name that nothing has."""

from __future__ import annotations

from difflib import get_close_matches

from workbench.errors import ClusterError, ObjectNotFound
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.session import Session

MOST = 3
"""Names that are offered."""


async def missed(
    error: ObjectNotFound, session: Session, resource: Resource, namespace: str, name: str
) -> ObjectNotFound:
    """The error with the names that were perhaps meant."""
    return ObjectNotFound(
        error.message, await meant(session, resource, namespace, name) or error.hint
    )


async def meant(session: Session, resource: Resource, namespace: str, name: str) -> str:
    """A question with at most ``MOST`` names, those first that the name begins (``web`` for pods of
    a workload of that name), or else the nearest; "" for none, and where they cannot be listed."""
    try:
        source = await session.source()
        listed = await source.list(resource, namespace if resource.namespaced else "")
    except ClusterError:
        return ""
    names = sorted(found.name for found in listed.objects)
    near = [n for n in names if n.startswith(f"{name}-")] or get_close_matches(name, names, 1)
    return f"Did you mean {' or '.join(near[:MOST])}?" if near else ""
