"""What the API consists of: versions, groups and resources, plain and aggregated."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.accept import DISCOVERY, wanted
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.serve.failure import json_response, page_not_found


class Discovery:
    """The discovery endpoints over one cluster."""

    def __init__(self, cluster: FrozenCluster) -> None:
        self._cluster = cluster
        self._groups = cluster.groups()

    async def version(self, request: Request) -> Response:
        """GET /version, with fields of its own for kinds of which nothing is known, and for the
        namespaces that were read where that is not all."""
        git = self._cluster.server_version
        major, minor = (*git.removeprefix("v").split("."), "0", "0")[:2]
        return json_response(
            {
                "major": major,
                "minor": minor,
                "gitVersion": git,
                "gitCommit": "",
                "gitTreeState": "",
                "buildDate": self._cluster.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "goVersion": "",
                "compiler": "",
                "platform": "",
                **({"notHeld": unknown} if (unknown := self._cluster.not_held) else {}),
                **({"namespacesHeld": read} if (read := self._cluster.namespaces_held) else {}),
            }
        )

    async def core(self, request: Request) -> Response:
        """GET /api."""
        form = wanted(request, *DISCOVERY)
        if form.kind:
            return json_response(_aggregated({"": self._groups[""]}, form), 200, form.media_type)
        address = request.headers.get("host", "")
        return json_response(
            {
                "kind": "APIVersions",
                "versions": ["v1"],
                "serverAddressByClientCIDRs": [
                    {"clientCIDR": "0.0.0.0/0", "serverAddress": address}
                ],
            }
        )

    async def groups(self, request: Request) -> Response:
        """GET /apis."""
        named = {name: versions for name, versions in self._groups.items() if name}
        form = wanted(request, *DISCOVERY)
        if form.kind:
            return json_response(_aggregated(named, form), 200, form.media_type)
        return json_response(
            {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [_group(name, list(versions)) for name, versions in named.items()],
            }
        )

    async def group(self, request: Request) -> Response:
        """GET /apis/{group}."""
        name = request.path_params["group"]
        if name not in self._groups:
            return page_not_found()
        body = _group(name, list(self._groups[name]))
        return json_response({"kind": "APIGroup", "apiVersion": "v1"} | body)

    async def resources(self, request: Request) -> Response:
        """GET /api/v1 and /apis/{group}/{version}."""
        group = request.path_params.get("group", "")
        version = request.path_params.get("version", "v1")
        found = self._groups.get(group, {}).get(version)
        if found is None:
            return page_not_found()
        head = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if group else {})
        return json_response(
            head
            | {
                "groupVersion": found[0].api_version,
                "resources": [entry for r in found for entry in _entries(r)],
            }
        )


def _group(name: str, versions: list[str]) -> dict[str, Any]:
    told = [{"groupVersion": f"{name}/{v}", "version": v} for v in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def _entries(resource: Resource) -> list[dict[str, Any]]:
    """The resource and its subresources as APIResourceList has them."""
    entry: dict[str, Any] = {
        "name": resource.plural,
        "singularName": _singular(resource),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs,
    }
    if resource.short_names:
        entry["shortNames"] = resource.short_names
    if resource.categories:
        entry["categories"] = resource.categories
    below = [
        {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            **_group_below(name),
            "kind": _below(resource, name)["kind"],
            "verbs": _verbs_below(resource, name),
        }
        for name in resource.subresources
    ]
    return [entry, *below]


def _aggregated(groups: dict[str, dict[str, list[Resource]]], form: Any) -> dict[str, Any]:
    return {
        "kind": form.kind,
        "apiVersion": form.api_version,
        "metadata": {},
        "items": [
            {
                "metadata": {"name": name} if name else {},
                "versions": [
                    {
                        "version": version,
                        "resources": [_aggregated_entry(r) for r in resources],
                        "freshness": "Current",
                    }
                    for version, resources in versions.items()
                ],
            }
            for name, versions in groups.items()
        ],
    }


def _aggregated_entry(resource: Resource) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "resource": resource.plural,
        "responseKind": _kind(resource.group, resource.version, resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": _singular(resource),
        "verbs": resource.verbs,
    }
    if resource.short_names:
        entry["shortNames"] = resource.short_names
    if resource.categories:
        entry["categories"] = resource.categories
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": name,
                "responseKind": _below(resource, name),
                "verbs": _verbs_below(resource, name),
            }
            for name in resource.subresources
        ]
    return entry


_BELOW = {"scale": ("autoscaling", "v1", "Scale"), "eviction": ("policy", "v1", "Eviction")}


def _group_below(name: str) -> dict[str, str]:
    """Group and version of a subresource that is of another kind than what it is below."""
    if name not in _BELOW:
        return {}
    group, version, _ = _BELOW[name]
    return {"group": group, "version": version}


def _below(resource: Resource, name: str) -> dict[str, str]:
    return _kind(*_BELOW.get(name, (resource.group, resource.version, resource.kind)))


def _verbs_below(resource: Resource, name: str) -> list[str]:
    if name == "eviction":
        return ["create"]
    writable = "patch" in resource.verbs and name in ("scale", "status")
    return ["get", "patch", "update"] if writable else ["get"]


def _kind(group: str, version: str, kind: str) -> dict[str, str]:
    return {"group": group, "version": version, "kind": kind}


def _singular(resource: Resource) -> str:
    return resource.kind.lower()
