"""Who may do what: everybody with the token may read everything, and change it only where the
cluster is served to be changed."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from workbench.kubernetes.snapshots.resources import READING
from workbench.kubernetes.snapshots.serve import protobuf
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.serve.failure import (
    StatusFailure,
    bad_request,
    json_response,
)
from workbench.kubernetes.snapshots.serve.write.cluster import WRITING, WritableCluster
from workbench.kubernetes.snapshots.trees import at, mapping, text

USER = "snapshot-reader"
GROUPS = ("system:authenticated",)
_READ_BELOW = ("", "log", "status", "scale")
_REVIEWS = {
    "SelfSubjectAccessReview": "authorization.k8s.io/v1",
    "SelfSubjectRulesReview": "authorization.k8s.io/v1",
    "SelfSubjectReview": "authentication.k8s.io/v1",
}


def frozen(cluster: FrozenCluster) -> str:
    """The sentence that answers every attempt to change something."""
    taken = cluster.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    name = cluster.manifest.cluster or "a cluster"
    return (
        f"this is a frozen cluster, a snapshot of {name} taken at {taken}: "
        "nothing in it can be changed"
    )


def refused(cluster: FrozenCluster) -> StatusFailure:
    """The answer to every write."""
    return StatusFailure(405, "MethodNotAllowed", frozen(cluster), details={})


def not_running(cluster: FrozenCluster) -> StatusFailure:
    """The answer to whatever needs a kubelet or a process behind the object."""
    taken = frozen(cluster).removesuffix(": nothing in it can be changed")
    message = f"{taken}: nothing runs in it that could be reached"
    return StatusFailure(405, "MethodNotAllowed", message, details={})


async def review(cluster: FrozenCluster, kind: str, request: Request) -> Response:
    """POST of one of the three self reviews. Raises StatusFailure (400) for a body that is none."""
    spec = _spec(await request.body())
    head: dict[str, Any] = {"kind": kind, "apiVersion": _REVIEWS[kind], "metadata": {}}
    match kind:
        case "SelfSubjectAccessReview":
            answer = head | {"spec": spec, "status": _verdict(cluster, spec)}
        case "SelfSubjectRulesReview":
            verbs = (*READING, *WRITING) if isinstance(cluster, WritableCluster) else READING
            answer = head | {"spec": {}, "status": _rules(verbs)}
        case _:
            answer = head | {"status": {"userInfo": {"username": USER, "groups": GROUPS}}}
    return json_response(answer, 201)


def _spec(body: bytes) -> dict[str, Any]:
    try:
        if body.startswith(protobuf.MAGIC):
            return protobuf.review_spec(body)
        return mapping(mapping(msgspec.json.decode(body or b"{}")).get("spec"))
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def _verdict(cluster: FrozenCluster, spec: dict[str, Any]) -> dict[str, Any]:
    asked = spec.get("resourceAttributes")
    if isinstance(asked, dict):
        allowed = text(asked, "verb") in READING and text(asked, "subresource") in _READ_BELOW
        if isinstance(cluster, WritableCluster) and not allowed:
            allowed = _may_write(text(asked, "verb"), text(asked, "subresource"))
    else:
        allowed = text(at(spec, "nonResourceAttributes"), "verb") == "get"
    if allowed:
        return {"allowed": True, "reason": "every object of the snapshot may be read"}
    if isinstance(cluster, WritableCluster):
        return {"allowed": False, "denied": True, "reason": "nothing runs in a snapshot"}
    return {"allowed": False, "denied": True, "reason": frozen(cluster)}


def _may_write(verb: str, subresource: str) -> bool:
    if subresource == "eviction":
        return verb == "create"
    return verb in WRITING and subresource in ("", "status", "scale")


def _rules(verbs: tuple[str, ...]) -> dict[str, Any]:
    read = {"verbs": list(verbs), "apiGroups": ["*"], "resources": ["*"]}
    return {
        "resourceRules": [read],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["*"]}],
        "incomplete": False,
    }
