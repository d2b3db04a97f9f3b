"""What a cluster said: scope, references, snapshot, and what could not be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from workbench.core.duration import human
from workbench.core.objects import Custom, Event, KubeObject, LabelSelector, OwnerReference

T = TypeVar("T", bound=KubeObject)
OwnerName = tuple[str, str, str]
"""Kind, namespace and name."""


class ObjectRef(msgspec.Struct, frozen=True, order=True):
    """Which object is meant. ``namespace`` is "" for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"

    @staticmethod
    def of(obj: KubeObject) -> ObjectRef:
        return ObjectRef(obj.kind, obj.namespace, obj.name)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What we are talking about. No namespaces means all of them.

    context: kubeconfig context, "" for the current one.
    since: how far back events and logs matter, in seconds; 0 for all there is.
    """

    context: str = ""
    namespaces: tuple[str, ...] = ()
    selector: str = ""
    since: int = 0

    def covers(self, namespace: str) -> bool:
        return not namespace or not self.namespaces or namespace in self.namespaces

    def __str__(self) -> str:
        """In words: ``namespaces shop, payments, labels app=web, last 30m``."""
        many = "s" if len(self.namespaces) > 1 else ""
        where = f"namespace{many} {', '.join(self.namespaces)}" if self.namespaces else ""
        parts = [where or "all namespaces"]
        if self.selector:
            parts.append(f"labels {self.selector}")
        if self.since:
            parts.append(f"last {human(self.since)}")
        return ", ".join(parts)


EVERYTHING = Scope()


class ClusterAddress(msgspec.Struct, frozen=True, kw_only=True):
    """How a cluster is reached, and the name screens show for it.

    kubeconfig: path(s) as in KUBECONFIG; "" for in-cluster credentials.
    frozen: it is a snapshot served on loopback, and nothing in it can be changed.
    identity: of a frozen one, the same as long as the snapshot is the same.
    """

    name: str
    kubeconfig: str = ""
    context: str = ""
    frozen: bool = False
    identity: str = ""


class Gap(msgspec.Struct, frozen=True, order=True):
    """Something we tried to see and could not: ``secrets in shop``, ``forbidden``."""

    what: str
    why: str


class LogKey(msgspec.Struct, frozen=True, order=True):
    """One container's log; ``previous`` for the run before the last restart."""

    namespace: str
    pod: str
    container: str
    previous: bool = False


@dataclass(frozen=True)
class ClusterSnapshot:
    """Frozen objects, logs and gaps of a scope at a time.

    scope: what was asked about. held: the namespaces that were read; empty means all of them.

    A kind that is missing from ``objects`` was not looked at (there is a Gap for it, or the source
    had none); a kind that is there with no objects was looked at and is empty.

    as_of: when the cluster was last heard, of the objects that were not read just then but kept
        current in memory; None when all were read.
    """

    taken_at: datetime
    objects: Mapping[str, tuple[KubeObject, ...]]
    logs: Mapping[LogKey, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    scope: Scope = EVERYTHING
    held: tuple[str, ...] = ()
    cluster: str = ""
    server_version: str = ""
    as_of: datetime | None = None

    def all(self, kind: type[T], namespace: str | None = None) -> tuple[T, ...]:
        """Every object of the kind, or only those of one namespace."""
        if namespace is None:
            return self.objects.get(kind.KIND, ())  # type: ignore[return-value]
        return self._by_namespace(kind).get(namespace, ())

    def get(self, kind: type[T], namespace: str, name: str) -> T | None:
        """The object of that name, or None."""
        found = self.find(ObjectRef(kind.KIND, namespace if kind.NAMESPACED else "", name))
        return found if isinstance(found, kind) else None

    def find(self, ref: ObjectRef) -> KubeObject | None:
        """The object referred to, or None; the built-in where kinds of one name are two."""
        return self._named(ref.kind).get((ref.namespace, ref.name))

    def customs(self) -> Iterable[Custom]:
        """Objects of kinds the workbench has no struct for."""
        for objects in self.objects.values():
            if objects and isinstance(objects[0], Custom):
                yield from objects  # type: ignore[misc]

    def select(
        self, kind: type[T], namespace: str, selector: LabelSelector | Mapping[str, str]
    ) -> tuple[T, ...]:
        """Objects of the kind in the namespace whose labels match."""
        if not isinstance(selector, LabelSelector):
            selector = LabelSelector(match_labels=dict(selector))
        return tuple(o for o in self.all(kind, namespace) if selector.matches(o.labels))

    def owned_by(self, owner: KubeObject) -> tuple[KubeObject, ...]:
        """Objects whose ownerReferences name ``owner``: by uid where both have one, else by kind
        and name."""
        name = (owner.kind, owner.namespace, owner.name)
        if not owner.metadata.uid:
            return tuple(self._by_owner_name.get(name, ()))
        owned = self._by_owner_uid.get(owner.metadata.uid)
        return tuple(self._by_owner_name_alone.get(name, ()) if owned is None else owned)

    def owner(self, obj: KubeObject) -> KubeObject | None:
        """The object's controller (or its first owner) where the snapshot holds it."""
        owners = sorted(obj.metadata.owner_references, key=lambda o: not o.controller)
        for ref in owners:
            named = self._named(ref.kind)
            found = named.get((obj.metadata.namespace, ref.name)) or named.get(("", ref.name))
            if found:
                return found
        return None

    def top_owner(self, obj: KubeObject) -> KubeObject:
        """The end of the owner chain: the Deployment behind a pod, or the object itself."""
        for _ in range(8):  # owner chains are two or three long; a loop in bad data must end
            above = self.owner(obj)
            if above is None:
                return obj
            obj = above
        return obj

    def events_about(self, ref: ObjectRef) -> tuple[Event, ...]:
        """Events about the object, oldest first."""
        return self._events.get(ref, ())

    def log(self, namespace: str, pod: str, container: str, previous: bool = False) -> str:
        """The log text held for a container; "" when there is none."""
        return self.logs.get(LogKey(namespace, pod, container, previous), "")

    @cached_property
    def memo(self) -> dict[object, Any]:
        """Whatever was worked out from this snapshot once, for as long as it lives."""
        return {}

    def _named(self, kind: str) -> dict[tuple[str, str], KubeObject]:
        """Objects of the kind, and of its namesakes in other groups, by namespace and name."""
        if kind not in self._names:
            self._names[kind] = {
                (o.metadata.namespace, o.metadata.name): o
                for key, objects in self.objects.items()
                if key.partition(".")[0] == kind
                for o in objects
            }
        return self._names[kind]

    @cached_property
    def _names(self) -> dict[str, dict[tuple[str, str], KubeObject]]:
        return {}

    @cached_property
    def _owned(self) -> tuple[tuple[OwnerReference, KubeObject], ...]:
        return tuple(
            (ref, obj)
            for objects in self.objects.values()
            for obj in objects
            for ref in obj.metadata.owner_references
        )

    @cached_property
    def _by_owner_uid(self) -> dict[str, list[KubeObject]]:
        owned: dict[str, list[KubeObject]] = {}
        for ref, obj in self._owned:
            if ref.uid:
                owned.setdefault(ref.uid, []).append(obj)
        return owned

    @cached_property
    def _by_owner_name(self) -> dict[OwnerName, list[KubeObject]]:
        return _named_owners(self._owned)

    @cached_property
    def _by_owner_name_alone(self) -> dict[OwnerName, list[KubeObject]]:
        """Of references without a uid, as hand-made objects have them."""
        return _named_owners((ref, obj) for ref, obj in self._owned if not ref.uid)

    @cached_property
    def _namespaces(self) -> dict[str, dict[str, tuple[KubeObject, ...]]]:
        return {}

    def _by_namespace(self, kind: type[T]) -> dict[str, tuple[T, ...]]:
        if kind.KIND not in self._namespaces:
            groups: dict[str, list[KubeObject]] = defaultdict(list)
            for obj in self.all(kind):
                groups[obj.metadata.namespace].append(obj)
            self._namespaces[kind.KIND] = {k: tuple(v) for k, v in groups.items()}
        return self._namespaces[kind.KIND]  # type: ignore[return-value]

    @cached_property
    def _events(self) -> dict[ObjectRef, tuple[Event, ...]]:
        about: dict[ObjectRef, list[Event]] = defaultdict(list)
        for event in self.all(Event):
            it = event.involved_object
            about[ObjectRef(it.kind, it.namespace, it.name)].append(event)
        return {ref: tuple(sorted(found, key=_seen)) for ref, found in about.items()}


def _named_owners(
    owned: Iterable[tuple[OwnerReference, KubeObject]],
) -> dict[OwnerName, list[KubeObject]]:
    found: dict[OwnerName, list[KubeObject]] = {}
    for ref, obj in owned:
        found.setdefault((ref.kind, obj.metadata.namespace, ref.name), []).append(obj)
    return found


def _seen(event: Event) -> float:
    return event.last_seen.timestamp() if event.last_seen else 0.0
