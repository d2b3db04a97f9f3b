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
    """The error with the names that were perhaps meant. Raises UsageError where the namespace is
    not there either."""
    if resource.namespaced:
        await session.check_namespace(namespace)
    return ObjectNotFound(
        error.message, await meant(session, resource, namespace, name) or error.hint
    )


async def absent(session: Session, resource: Resource, namespace: str, name: str) -> ObjectNotFound:
    """That a list of that name alone was empty. namespace: "" for all of them."""
    where = f" in {namespace or 'any namespace'}" if resource.namespaced else ""
    error = ObjectNotFound(f"There is no {resource.kind} {name}{where}.")
    return await missed(error, session, resource, namespace, name)


async def meant(session: Session, resource: Resource, namespace: str, name: str) -> str:
    """A question with at most ``MOST`` names, those first that the name begins (``web`` for pods of
    a workload of that name), or else the nearest, or else where there is one of exactly that name;
    "" for none, and where they cannot be listed."""
    here = await _names(session, resource, namespace if resource.namespaced else "")
    near = _near(name, [found for _, found in here])
    if near:
        return f"Did you mean {' or '.join(near[:MOST])}?"
    if not (namespace and resource.namespaced):
        return ""
    same = [where for where, found in await _names(session, resource, "") if found == name]
    return f"There is one in {' and in '.join(same[:MOST])}." if same else ""


def _near(name: str, names: list[str]) -> list[str]:
    begun = [n for n in names if n.startswith(f"{name}-")]
    if close := begun or get_close_matches(name, names, 1):
        return close
    beginnings = {n[: len(name) + 1]: n for n in reversed(names)}  # pods end in what nobody types
    return [beginnings[b] for b in get_close_matches(name, beginnings, 1)]


async def _names(session: Session, resource: Resource, namespace: str) -> list[tuple[str, str]]:
    """Namespaces and names, in order; none where they cannot be listed."""
    try:
        listed = await (await session.source()).list(resource, namespace)
    except ClusterError:
        return []
    return sorted((found.namespace, found.name) for found in listed.objects)
