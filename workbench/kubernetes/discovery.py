"""Which kinds of objects a cluster serves, and which of them a person means."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Awaitable, Iterable
from typing import TypeVar, cast

import msgspec

from workbench.core.cluster import Gap
from workbench.core.objects import KINDS, KubeObject
from workbench.errors import ClusterError, Forbidden, ObjectNotFound, UsageError
from workbench.kubernetes.client import Client
from workbench.kubernetes.segments import segment
from workbench.kubernetes.status import why
from workbench.kubernetes.transport import JSON

T = TypeVar("T")

AGGREGATED = ",".join(
    f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
"""Accept header for discovery in two requests (Kubernetes documentation, Aggregated discovery)."""


BUILT_IN = frozenset(
    {"", "apps", "autoscaling", "batch", "policy", "extensions"}
    | {
        f"{group}.k8s.io"
        for group in (
            "admissionregistration",
            "apiextensions",
            "apiregistration",
            "authentication",
            "authorization",
            "certificates",
            "coordination",
            "discovery",
            "events",
            "flowcontrol.apiserver",
            "internal.apiserver",
            "metrics",
            "custom.metrics",
            "external.metrics",
            "networking",
            "node",
            "rbac.authorization",
            "resource",
            "scheduling",
            "storage",
            "storagemigration",
        )
    }
)
"""API groups of Kubernetes itself (Kubernetes API reference) and those that measure."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One kind as the API serves it. ``group`` is "" for the core API."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("get", "list")

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """``deployments.apps``; ``pods`` in the core API."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the list, an object or its subresource. Raises UsageError for a
        namespace or a name that is none."""
        parts = ["/apis" if self.group else "/api", self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", segment(namespace)]
        parts += [part for part in (self.plural, segment(name), subresource) if part]
        return "/".join(parts)

    def answers_to(self, word: str) -> bool:
        """Whether a person may call it so; ``word`` in lower case."""
        names = {self.plural, self.singular, self.kind.lower(), *self.short_names} - {""}
        full = {f"{n}.{self.group}" for n in names} | {
            f"{n}.{self.version}.{self.group}" for n in names
        }
        return word in names or word in full


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Every resource of a cluster, in the server's order of preference, and what was not to be
    had of it."""

    resources: tuple[Resource, ...]
    gaps: tuple[Gap, ...] = ()

    def find(self, word: str) -> Resource:
        """The resource meant by ``po``, ``pods``, ``Pod``, ``deployments.apps`` or a custom name.

        Raises UsageError with the closest names when there is none.
        """
        typed = word.strip().lower()
        for resource in self.resources:
            if resource.answers_to(typed):
                return resource
        names = {n for r in self.resources for n in (r.plural, r.kind.lower(), *r.short_names)}
        close = difflib.get_close_matches(typed, sorted(names), n=3, cutoff=0.6)
        hint = f"Did you mean {' or '.join(close)}?" if close else "See api_resources for the list."
        raise UsageError(f"The cluster has no kind {word!r}.", hint)

    def serving(self, kind: type[KubeObject]) -> Resource | None:
        """The resource a struct is read from, or None when the cluster does not serve it."""
        for resource in self.resources:
            if resource.plural == kind.PLURAL and resource.api_version == kind.API_VERSION:
                return resource
        return None

    def customs(self) -> tuple[Resource, ...]:
        """What custom resource definitions and extension servers add, each in the version the
        server prefers, without the kinds that have a struct."""
        found: dict[str, Resource] = {}
        for resource in self.resources:
            added = resource.group not in BUILT_IN and "list" in resource.verbs
            if added and not any(self.serving(kind) == resource for kind in KINDS):
                found.setdefault(resource.full_name, resource)
        return tuple(found.values())

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """The resource of an ownerReference or involvedObject."""
        for resource in self.resources:
            if resource.kind == kind and (not api_version or resource.api_version == api_version):
                return resource
        return None


async def discover(client: Client) -> Catalogue:
    """Ask the cluster what it serves: two requests where it can aggregate, one a group otherwise.

    A group that cannot be read is a gap. Without the right to discover, the kinds the workbench
    knows are assumed. Raises ClusterError when nobody answers or the token is refused.
    """
    try:
        core, groups = await _all(
            client.get("/api", accept=f"{AGGREGATED},{JSON}", asked="discover its kinds"),
            client.get("/apis", accept=f"{AGGREGATED},{JSON}", asked="discover its kinds"),
        )
    except Forbidden as error:
        return Catalogue(resources=ASSUMED, gaps=(Gap("the kinds it serves", why(error)),))
    trees = [_decode(core.body), _decode(groups.body)]
    if all(tree.kind == "APIGroupDiscoveryList" for tree in trees):
        return _from_aggregated(trees)
    versions = [("", v) for v in trees[0].versions]
    versions += [(g.name, v.version) for g in trees[1].groups for v in g.preferred_first]
    return await _one_by_one(client, versions)


async def _all(*asked: Awaitable[T]) -> list[T]:
    """Every answer, or the first error once none is under way any more."""
    found = await asyncio.gather(*asked, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return cast("list[T]", found)


ASSUMED = tuple(
    Resource(
        group=kind.API_VERSION.rpartition("/")[0],
        version=kind.API_VERSION.rpartition("/")[2],
        plural=kind.PLURAL,
        kind=kind.KIND,
        singular=kind.KIND.lower(),
        namespaced=kind.NAMESPACED,
    )
    for kind in KINDS
)
"""The kinds with a struct, for a cluster that does not say what it serves."""


class _Names(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    kind: str = ""
    group: str = ""


class _AggregatedResource(msgspec.Struct, frozen=True, rename="camel"):
    resource: str = ""
    response_kind: _Names | None = None
    scope: str = ""
    singular_resource: str = ""
    verbs: tuple[str, ...] | None = ()
    short_names: tuple[str, ...] | None = ()
    categories: tuple[str, ...] | None = ()


class _AggregatedVersion(msgspec.Struct, frozen=True, rename="camel"):
    version: str = ""
    resources: tuple[_AggregatedResource, ...] | None = ()
    freshness: str = ""


class _AggregatedGroup(msgspec.Struct, frozen=True):
    metadata: _Names = _Names()
    versions: tuple[_AggregatedVersion, ...] | None = ()


class _GroupVersion(msgspec.Struct, frozen=True):
    version: str = ""


class _Group(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    versions: tuple[_GroupVersion, ...] = ()
    preferred_version: _GroupVersion = _GroupVersion()

    @property
    def preferred_first(self) -> list[_GroupVersion]:
        return sorted(self.versions, key=lambda v: v.version != self.preferred_version.version)


class _Root(msgspec.Struct, frozen=True):
    """APIGroupDiscoveryList, APIVersions or APIGroupList, whichever the server chose."""

    kind: str = ""
    items: tuple[_AggregatedGroup, ...] = ()
    groups: tuple[_Group, ...] = ()
    versions: tuple[str, ...] = ()


class _PlainResource(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    kind: str = ""
    namespaced: bool = False
    singular_name: str = ""
    verbs: tuple[str, ...] | None = ()
    short_names: tuple[str, ...] | None = ()
    categories: tuple[str, ...] | None = ()


class _PlainList(msgspec.Struct, frozen=True):
    resources: tuple[_PlainResource, ...] | None = ()


def _decode(body: bytes) -> _Root:
    try:
        return msgspec.json.decode(body, type=_Root)
    except msgspec.DecodeError as error:
        raise ClusterError(
            f"What answers at this address is no Kubernetes API: {error}.",
            "Check the server address in the kubeconfig.",
        ) from error


def _from_aggregated(trees: Iterable[_Root]) -> Catalogue:
    resources: list[Resource] = []
    gaps: list[Gap] = []
    for group in (g for tree in trees for g in tree.items):
        for version in group.versions or ():
            if version.freshness == "Stale":
                why = "its API server does not answer"
                gaps.append(Gap(f"kinds of {group.metadata.name}/{version.version}", why))
            resources += [
                Resource(
                    group=group.metadata.name,
                    version=version.version,
                    plural=r.resource,
                    kind=r.response_kind.kind if r.response_kind else "",
                    namespaced=r.scope == "Namespaced",
                    singular=r.singular_resource,
                    short_names=r.short_names or (),
                    categories=r.categories or (),
                    verbs=r.verbs or (),
                )
                for r in version.resources or ()
            ]
    return Catalogue(resources=tuple(resources), gaps=tuple(gaps))


async def _one_by_one(client: Client, versions: list[tuple[str, str]]) -> Catalogue:
    found = await _all(*(_plain(client, group, version) for group, version in versions))
    return Catalogue(
        resources=tuple(r for one in found if not isinstance(one, Gap) for r in one),
        gaps=tuple(one for one in found if isinstance(one, Gap)),
    )


async def _plain(client: Client, group: str, version: str) -> tuple[Resource, ...] | Gap:
    api_version = f"{group}/{version}" if group else version
    path = f"/apis/{api_version}" if group else f"/api/{api_version}"
    try:
        answer = await client.get(path, asked=f"discover the kinds of {api_version}")
        listed = msgspec.json.decode(answer.body, type=_PlainList)
    except (Forbidden, ObjectNotFound) as error:
        return Gap(f"kinds of {api_version}", why(error))
    except ClusterError as error:
        if not group:
            raise
        return Gap(f"kinds of {api_version}", why(error))
    except msgspec.DecodeError as error:
        return Gap(f"kinds of {api_version}", f"no list of kinds came back: {error}")
    return tuple(
        Resource(
            group=group,
            version=version,
            plural=r.name,
            kind=r.kind,
            namespaced=r.namespaced,
            singular=r.singular_name,
            short_names=r.short_names or (),
            categories=r.categories or (),
            verbs=r.verbs or (),
        )
        for r in listed.resources or ()
        if "/" not in r.name
    )
