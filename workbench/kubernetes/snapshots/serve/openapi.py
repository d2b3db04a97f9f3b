"""OpenAPI: paths that leave validation to the server, which refuses writes, and small schemas."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.serve.failure import (
    json_response,
    not_acceptable,
    page_not_found,
)
from workbench.kubernetes.snapshots.serve.schemas import Schemas

_PARAMETERS = [{"name": n, "in": "query"} for n in ("dryRun", "fieldManager", "fieldValidation")]


class OpenApi:
    """The OpenAPI endpoints over one cluster."""

    def __init__(self, cluster: FrozenCluster) -> None:
        self._cluster = cluster
        self._version = cluster.server_version
        self._groups = cluster.groups()

    async def v2(self, request: Request) -> Response:
        """GET /openapi/v2."""
        accept = request.headers.get("accept", "*/*")
        if "application/json" not in accept and "*/*" not in accept:
            raise not_acceptable("application/json")
        return json_response(
            {"swagger": "2.0", "info": self._info(), "paths": {}, "definitions": {}}
        )

    async def v3(self, request: Request) -> Response:
        """GET /openapi/v3: where the document of each group version is."""
        versions = (v for group in self._groups.values() for v in group.values())
        roots = (_root(resources[0]) for resources in versions)
        return json_response(
            {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in roots}}
        )

    async def v3_group(self, request: Request) -> Response:
        """GET /openapi/v3/apis/{group}/{version}: paths and schemas of its resources."""
        group = request.path_params.get("group", "")
        found = self._groups.get(group, {}).get(request.path_params.get("version", "v1"))
        if found is None:
            return page_not_found()
        schemas = Schemas()
        for resource in found:
            schemas.add(resource, self._cluster.definition(resource))
        return json_response(
            {
                "openapi": "3.0.0",
                "info": self._info(),
                "paths": dict(map(_path, found)),
                "components": {"schemas": schemas.components},
            }
        )

    def _info(self) -> dict[str, str]:
        return {"title": "Kubernetes", "version": self._version}


def _root(resource: Resource) -> str:
    return f"apis/{resource.api_version}" if resource.group else f"api/{resource.version}"


def _path(resource: Resource) -> tuple[str, dict[str, Any]]:
    within = "namespaces/{namespace}/" if resource.namespaced else ""
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    patch = {
        "parameters": _PARAMETERS,
        "responses": {},
        "x-kubernetes-group-version-kind": kind,
    }
    return f"/{_root(resource)}/{within}{resource.plural}/{{name}}", {"patch": patch}
