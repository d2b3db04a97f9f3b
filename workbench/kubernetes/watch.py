"""One kind of a cluster kept current in memory by a watch (Kubernetes API concepts, Efficient
detection of changes)."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from time import monotonic

import msgspec

from workbench.core.objects import KubeObject
from workbench.core.objects.decode import decode_object
from workbench.errors import ClusterError, Forbidden
from workbench.kubernetes.client import Client
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.listing import Listed, as_kept, list_objects, struct_of, title
from workbench.kubernetes.status import Expired, Rejected, to_error

STREAM_SECONDS = 300
"""After this long the server ends a stream, and another is begun if anybody still asks."""

SILENCE_SECONDS = 90.0
"""A server sends a bookmark about once a minute; after this long without a word it is gone."""

PAUSE_MOST = 30.0
"""Seconds between two attempts to reach a server that is away."""

Key = tuple[str, str]


class Watch:
    """The objects of one resource in all namespaces, from a list and every change since.

    ``current`` says whether a stream is open; only then are the objects the cluster's. ``refused``
    says that these credentials may list the resource and not watch it.
    """

    def __init__(self, client: Client, resource: Resource, listed: Listed, idle: float) -> None:
        self._client = client
        self._resource = resource
        self._idle = idle
        self._used = monotonic()
        self.refused = False
        self._open = False
        self._objects: dict[Key, KubeObject] = {}
        self._answer: tuple[KubeObject, ...] | None = None
        self._notes: tuple[str, ...] = ()
        self._version = ""
        self._heard = client.now()
        self._take(listed)
        self._following = asyncio.create_task(self._follow())

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def current(self) -> bool:
        return self._open and not self._following.done()

    @property
    def ended(self) -> bool:
        """Whether it has stopped for good: nobody asked for long, or it is not allowed."""
        return self._following.done()

    def listed(self, namespace: str) -> Listed:
        """What a list would say, and when the server was last heard."""
        self._used = monotonic()
        if self._answer is None:
            self._answer = tuple(self._objects.values())
        chosen = self._answer
        if namespace:
            chosen = tuple(o for o in chosen if o.namespace == namespace)
        return Listed(objects=chosen, notes=self._notes, version=self._version, as_of=self._heard)

    async def close(self) -> None:
        self._following.cancel()
        await asyncio.wait([self._following])

    def _take(self, listed: Listed) -> None:
        self._objects = {(o.namespace, o.name): o for o in listed.objects}
        self._answer = None
        self._notes = listed.notes
        self._version = listed.version
        self._heard = self._client.now()

    async def _follow(self) -> None:
        """Stream after stream, and a new list when the server has forgotten where we were."""
        failures = 0
        while monotonic() - self._used < self._idle:
            try:
                if not self._version:
                    self._take(await list_objects(self._client, self._resource))
                await self._stream()
                failures = 0
            except Expired:
                self._version = ""
            except (Forbidden, Rejected):
                self.refused = True
                return
            except ClusterError:
                failures += 1
                await asyncio.sleep(pause(failures))
            finally:
                self._open = False

    async def _stream(self) -> None:
        changes = self._client.lines(
            self._resource.path(),
            {
                "watch": "1",
                "allowWatchBookmarks": "true",
                "resourceVersion": self._version,
                "timeoutSeconds": STREAM_SECONDS,
            },
            asked=f"watch {title(self._resource, '')}",
            silence=SILENCE_SECONDS,
        )
        async with aclosing(changes):
            async for line in changes:
                self._open = True
                self._heard = self._client.now()
                if line:
                    self._apply(line)

    def _apply(self, line: bytes) -> None:
        """One line of the stream. Raises Expired when the server has forgotten where we were."""
        try:
            change = _CHANGE.decode(line)
            meta = _HEAD.decode(change.object)
        except msgspec.DecodeError as error:
            raise ClusterError(f"{self._client.server} sent no watch event: {error}.") from error
        if change.type == "ERROR":
            context, asked = self._client.context, f"watch {title(self._resource, '')}"
            raise to_error(meta.code, bytes(change.object), asked, context)
        self._version = meta.metadata.resource_version or self._version
        if change.type != "BOOKMARK":
            self._change(change.type, bytes(change.object))

    def _change(self, type_: str, body: bytes) -> None:
        decoded, _ = decode_object(body, struct_of(self._resource))
        (found,) = as_kept((decoded,), self._resource)
        key = (found.namespace, found.name)
        self._answer = None
        if type_ == "DELETED":
            self._objects.pop(key, None)
        else:
            self._objects[key] = found


def pause(failures: int) -> float:
    """Seconds before the next attempt: doubling, and not in step with other clients."""
    return min(PAUSE_MOST, 2.0 ** min(failures, 10) * 0.25) * random.uniform(0.5, 1.0)  # noqa: S311


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""


class _Head(msgspec.Struct, frozen=True):
    """What a change is at; ``code`` when it is a Status."""

    metadata: _Version = _Version()
    code: int = 500


class _Change(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


_CHANGE = msgspec.json.Decoder(_Change)
_HEAD = msgspec.json.Decoder(_Head)
