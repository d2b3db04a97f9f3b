"""The four kinds of patch an API server takes, told apart by their media type."""

from __future__ import annotations

from typing import Any

import jsonpatch
import msgspec
from jsonpointer import JsonPointerException

from workbench.kubernetes.snapshots.documents import yaml_documents
from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.failure import StatusFailure, bad_request
from workbench.kubernetes.snapshots.serve.write.strategic import strategic

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = ("application/apply-patch+yaml", "application/apply-patch+json")
OPERATIONS = 10_000
"""The most operations of one JSON patch (kube-apiserver, maxJSONPatchOperations)."""


def patched(tree: Tree, body: bytes, media_type: str, *, custom: bool) -> Tree:
    """The tree with the patch applied. ``custom`` resources take no strategic merge patch.

    Raises StatusFailure: 400 for a patch that cannot be read, 415 for one of no known kind, 422
    for one that does not fit the object.
    """
    if media_type not in (JSON_PATCH, MERGE, STRATEGIC) or (custom and media_type == STRATEGIC):
        raise unsupported()
    patch = _decoded(body)
    if media_type == JSON_PATCH:
        found = _json_patched(tree, patch)
    elif not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal into an object")
    else:
        found = merged(tree, patch) if media_type == MERGE else strategic(tree, patch)
    if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
        raise rejected()
    return found


def merged(original: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(original) if isinstance(original, dict) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = merged(kept.get(name), value)
    return kept


def unsupported() -> StatusFailure:
    return StatusFailure(415, "UnsupportedMediaType", "415: Unsupported Media Type", details={})


def rejected() -> StatusFailure:
    """The API server's words for a JSON patch that does not fit."""
    return StatusFailure(
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
        details={},
    )


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        ended = "truncated" in str(error)
        why = "unexpected end of JSON input" if ended else str(error)
        raise bad_request(f"error decoding patch: {why}") from error


def _json_patched(tree: Tree, patch: Any) -> Any:
    if not isinstance(patch, list) or not all(isinstance(p, dict) for p in patch):
        raise bad_request("error decoding patch: json: cannot unmarshal into an array")
    if len(patch) > OPERATIONS:
        raise StatusFailure(
            413,
            "RequestEntityTooLarge",
            f"The allowed maximum operations in a JSON patch is {OPERATIONS}, got {len(patch)}",
        )
    try:
        return jsonpatch.JsonPatch(patch).apply(tree)
    except (
        jsonpatch.JsonPatchException, JsonPointerException, TypeError, LookupError,
    ) as error:  # fmt: skip
        raise rejected() from error


def read_applied(body: bytes) -> Tree:
    """The configuration of a server-side apply: YAML, of which JSON is a part.

    Raises StatusFailure (400).
    """
    try:
        documents = yaml_documents(body.decode())
    except ValueError as error:
        raise bad_request(f"error decoding YAML: {error}") from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise bad_request("error decoding YAML: no single object")
    tree: Tree = documents[0]
    if not isinstance(tree.setdefault("metadata", {}), dict):
        raise bad_request("error decoding YAML: metadata is no object")
    return tree
