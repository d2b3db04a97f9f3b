"""Read a live cluster into a snapshot: every kind, as the cluster serves it, and telling logs.

Lists are asked for page by page and written as they come, so memory holds a few pages. The values
of Secrets are masked before anything is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from workbench.core.cluster import Gap
from workbench.errors import (
    ClusterError,
    ClusterUnreachable,
    Forbidden,
    SnapshotError,
    Unauthorized,
)
from workbench.kubernetes.client import Client
from workbench.kubernetes.collect import server_version
from workbench.kubernetes.discovery import Catalogue, Resource, discover
from workbench.kubernetes.listing import PAGE, struct_of, title
from workbench.kubernetes.snapshots.captured_logs import capture_logs
from workbench.kubernetes.snapshots.layout import list_name
from workbench.kubernetes.snapshots.lists import ListFiles
from workbench.kubernetes.snapshots.older import MOVED_GROUPS
from workbench.kubernetes.snapshots.partial import Partial, Step, Told
from workbench.kubernetes.snapshots.raw import Manifest
from workbench.kubernetes.snapshots.secrets import without_values
from workbench.kubernetes.snapshots.together import together
from workbench.kubernetes.status import Expired, why

AT_ONCE = 4
"""Lists under way at the same time; a capture may take its time, the cluster has other users."""


async def capture(
    client: Client, partial: Partial, *, logs: bool = True, told: Told | None = None
) -> Manifest:
    """Fill ``partial`` with what it misses of its scope and make it the snapshot.

    logs: with the logs of suspicious containers, the run before the restart first.
    told: called after each list and log.

    What cannot be read becomes a Gap. Raises ClusterUnreachable or Unauthorized as soon as the
    cluster is lost, Forbidden when nothing at all may be read; ``partial`` can then be continued.
    """
    version = (await server_version(client)).git_version
    began = partial.began(client.now())
    catalogue = await discover(client)
    report = told or (lambda step: None)
    await _lists(client, partial, _wanted(catalogue, partial), report)
    taken_at = client.now()
    if not any(partial.progress.done.values()) and partial.progress.gaps:
        first = next(iter(partial.progress.gaps.values()))
        partial.abandon()
        raise Forbidden(
            f"Nothing could be read in context {client.context}: {first.what}, {first.why}.",
            "Name the namespaces these credentials may read.",
        )
    if logs:
        await capture_logs(client, partial, taken_at, report)
    manifest = Manifest(
        cluster=client.context,
        taken_at=taken_at,
        server_version=version,
        scope=partial.progress.scope,
        gaps=(*catalogue.gaps, *_gaps(partial, began, taken_at)),
        log_times=True,
    )
    await asyncio.to_thread(partial.finish, manifest)
    return manifest


Wanted = tuple[Resource, str]
"""A resource and the namespace to list it in, "" for all of them."""


def _wanted(catalogue: Catalogue, partial: Partial) -> list[Wanted]:
    namespaces = partial.progress.scope.namespaces or ("",)
    return [
        (resource, namespace)
        for resource in one_version_each(catalogue.resources)
        for namespace in (namespaces if resource.namespaced else ("",))
    ]


def one_version_each(resources: Sequence[Resource]) -> list[Resource]:
    """Every listable resource once: in the version the workbench has a struct for, else in the
    one the server prefers, and not again under a group that the kind has moved from."""
    found: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        key = (resource.group, resource.plural)
        if "list" in resource.verbs and (key not in found or struct_of(resource).KIND):
            found[key] = resource
    kinds = {r.kind for r in found.values() if (r.group, r.kind) not in MOVED_GROUPS}
    return [
        r for r in found.values() if (r.group, r.kind) not in MOVED_GROUPS or r.kind not in kinds
    ]


async def _lists(client: Client, partial: Partial, wanted: list[Wanted], told: Told) -> None:
    finished = 0

    async def one(resource: Resource, namespace: str) -> None:
        nonlocal finished
        if not partial.is_done(_name(resource, namespace)):
            await _list(client, partial, resource, namespace)
        finished += 1
        told(Step(what=title(resource, namespace), done=finished, of=len(wanted)))

    await together((one(resource, namespace) for resource, namespace in wanted), AT_ONCE)


def _name(resource: Resource, namespace: str) -> str:
    return list_name(namespace, resource.group, resource.plural)


async def _list(client: Client, partial: Partial, resource: Resource, namespace: str) -> None:
    """All objects of the resource in its files, or a Gap for it."""
    files = ListFiles(partial.folder, resource.api_version, resource.kind, resource.plural)
    name = _name(resource, namespace)
    files.discard(namespace)  # what an interrupted run began
    try:
        try:
            count, gaps = await _pages(client, resource, namespace, files, PAGE)
        except Expired:  # the list took longer than the server keeps its past; ask for all of it
            files.discard(namespace)
            count, gaps = await _pages(client, resource, namespace, files, 0)
    except (ClusterUnreachable, Unauthorized):
        raise
    except ClusterError as error:
        files.discard(namespace)
        partial.done(name, 0, Gap(title(resource, namespace), why(error)))
        return
    files.close(namespace)
    partial.done(name, count, *gaps)


class _Meta(msgspec.Struct, frozen=True):
    continue_: str | None = msgspec.field(name="continue", default=None)


class _Page(msgspec.Struct, frozen=True):
    items: tuple[msgspec.Raw, ...] | None = ()
    metadata: _Meta = _Meta()


async def _pages(
    client: Client, resource: Resource, namespace: str, files: ListFiles, limit: int
) -> tuple[int, list[Gap]]:
    path, asked = resource.path(namespace), f"list {title(resource, namespace)}"
    query: dict[str, str | int] = {"limit": limit} if limit else {}
    count, gaps = 0, []
    while True:
        answer = await client.get(path, query, asked=asked)
        try:
            page = msgspec.json.decode(answer.body, type=_Page)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ClusterError(f"Asked to {asked}, {client.server} gave no list: {error}.") from (
                error
            )
        for item in page.items or ():
            try:
                files.add(*_object(bytes(item), resource))
                count += 1
            except (
                msgspec.MsgspecError,
                UnicodeDecodeError,
                RecursionError,
                SnapshotError,
            ) as error:
                gaps.append(Gap(f"one of {title(resource, namespace)}", str(error)))
        if not page.metadata.continue_:
            return count, gaps
        query = query | {"continue": page.metadata.continue_}


def _object(data: bytes, resource: Resource) -> tuple[str, bytes]:
    """An item's namespace and its JSON; lists leave out of each item what it is."""
    tree = msgspec.json.decode(data, type=dict[str, object])
    meta = tree.get("metadata")
    if not isinstance(meta, dict):
        raise msgspec.ValidationError("it has no metadata")
    if resource.kind == "Secret" or "kind" not in tree or "apiVersion" not in tree:
        named = {"apiVersion": resource.api_version, "kind": resource.kind}
        data = msgspec.json.encode(without_values(named | tree))
    return str(meta.get("namespace") or ""), data


def _gaps(partial: Partial, began: datetime, taken_at: datetime) -> Iterable[Gap]:
    yield from sorted(set(partial.progress.gaps.values()))
    if partial.continued:
        minutes = (taken_at - began).total_seconds() / 60
        yield Gap("one moment", f"the capture was continued; its lists span {minutes:.0f} min")
