"""What a path under a group and version points at."""

from __future__ import annotations

import msgspec
from starlette.requests import Request

from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.serve.failure import no_such_resource


class Target(msgspec.Struct, frozen=True):
    """A resource, perhaps within a namespace, perhaps one object or something below it."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def target(request: Request, cluster: FrozenCluster) -> Target:
    """Read the request's path. Raises StatusFailure (404) when nothing is served there."""
    params = request.path_params
    group, version = params.get("group", ""), params.get("version", "v1")
    parts = str(params["rest"]).rstrip("/").split("/")
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in ("status", "finalize"):
        namespace, parts = parts[1], parts[2:]
    resource = cluster.resource(group, version, parts[0])
    if parts[2:3] == ["proxy"]:
        parts = parts[:3]  # what follows is for whoever is behind the proxy
    if resource is None or len(parts) > 3 or (namespace and not resource.namespaced):
        raise no_such_resource()
    name, subresource = (*parts[1:], "", "")[:2]
    if name and resource.namespaced and not namespace:
        raise no_such_resource()
    return Target(resource, namespace, name, subresource)
