"""A write as it was asked for: parameters, body, and in whose name."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from workbench.kubernetes.snapshots.documents import yaml_documents
from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.resources import Resource
from workbench.kubernetes.snapshots.serve.failure import StatusFailure, bad_request
from workbench.kubernetes.snapshots.serve.paging import is_true
from workbench.kubernetes.snapshots.serve.write.ownership import Manager
from workbench.kubernetes.snapshots.serve.write.patches import unsupported

BODY_MOST = 3 * 2**20
"""Bytes of one object or patch (kube-apiserver, limit of a request body)."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters and body of one write."""

    body: bytes
    media_type: str
    dry_run: bool
    field_manager: str
    user_agent: str
    force: bool

    def manager(self, operation: str, resource: Resource, below: str = "") -> Manager:
        """Whose the fields are that this write sets."""
        name = self.field_manager or self.user_agent.partition("/")[0] or "unknown"
        return Manager(name, operation, resource.api_version, below)

    def tree(self) -> dict[str, Any]:
        """The body as an object. Raises StatusFailure: 400, or 415 for what is not JSON or YAML."""
        if self.media_type not in ("", "application/json", "application/yaml"):
            raise unsupported()
        found = _parsed(self.body, self.media_type)
        if not isinstance(found, dict):
            raise bad_request("the object provided is unrecognized: no object")
        return found


async def ask(request: Request) -> Ask:
    """Read the request. Raises StatusFailure: 400 for a bad parameter, 413 for a huge body."""
    query = request.query_params
    dry = query.getlist("dryRun")
    if any(d != "All" for d in dry):
        raise _invalid_dry_run(dry)
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > BODY_MOST:
            raise StatusFailure(
                413, "RequestEntityTooLarge", f"Request entity too large: limit is {BODY_MOST}"
            )
        pieces.append(piece)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Ask(
        body=b"".join(pieces),
        media_type=media_type,
        dry_run=bool(dry),
        field_manager=query.get("fieldManager", ""),
        user_agent=request.headers.get("user-agent", ""),
        force=is_true(query.get("force")),
    )


def identified(tree: dict[str, Any], resource: Resource, namespace: str) -> Tree:
    """The object with its kind and namespace filled in. Raises StatusFailure (400)."""
    kind, version = tree.get("kind", ""), tree.get("apiVersion", "")
    if (kind and kind != resource.kind) or (version and version != resource.api_version):
        raise bad_request(
            f"the API version or kind in the data ({version}, Kind={kind}) does not match the "
            f"expected ({resource.api_version}, Kind={resource.kind})"
        )
    given = tree.get("metadata")
    meta = dict(given) if isinstance(given, dict) else {}
    if meta.get("namespace") and meta["namespace"] != namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if namespace:
        meta["namespace"] = namespace
    head = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
    return head | {k: v for k, v in tree.items() if k not in head}


def _parsed(body: bytes, media_type: str) -> Any:
    try:
        if media_type == "application/yaml":
            documents = yaml_documents(body.decode())
            return documents[0] if len(documents) == 1 else None
        return msgspec.json.decode(body or b"{}")
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def _invalid_dry_run(given: list[str]) -> StatusFailure:
    return StatusFailure(
        422,
        "Invalid",
        f'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "{given[0]}": '
        'supported values: "All"',
        {"kind": "PatchOptions", "group": "meta.k8s.io"},
    )
