"""Troubleshoot support bundles: ``cluster-resources/<kind>/<namespace>.json`` and what is beside.

The files hold lists, or arrays of objects that do not say what they are: the folder does. What
the collector was not allowed to see is in ``<kind>-errors.json`` (Troubleshoot documentation,
Cluster Resources and Cluster Info collectors).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from workbench.core.cluster import Gap
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import Files, FilesUnder
from workbench.kubernetes.snapshots.importers.found import Found
from workbench.kubernetes.snapshots.importers.log_files import logs_beside
from workbench.kubernetes.snapshots.items import UNREADABLE, Items
from workbench.kubernetes.snapshots.resources import BUILT_IN, Resource
from workbench.kubernetes.snapshots.trees import text

RESOURCES = "cluster-resources/"
VERSION = "cluster-info/cluster_version.json"
ERRORS = "-errors.json"

_ROOT = re.compile(r"^((?:[^/]+/)?)cluster-resources/.+\.(?:json|yaml)$")
_NO_OBJECTS = ("auth-cani-list", "groups", "resources", "image-pull-secrets", "openapi")
_CALLED = {
    "pvs": "persistentvolumes",
    "pvcs": "persistentvolumeclaims",
    "ingress": "ingresses",
    "networkpolicy": "networkpolicies",
    "networkpolicies": "networkpolicies",
}


def read_bundle(files: Files) -> Found | None:
    """Objects, refusals, logs and the server's version."""
    roots = {m[1] for name in files.names() if (m := _ROOT.match(name))}
    if not roots:
        return None
    files = FilesUnder(files, min(roots))
    names = list(files.names())
    if not any(n.startswith(RESOURCES) and _resource(n) for n in names):
        return None
    items = Items(repeats=True)
    for name in names:
        if name.startswith(RESOURCES):
            _read(items, files, name)
    return Found(items, logs_beside(files, items), _version(files))


def _read(items: Items, files: Files, name: str) -> None:
    if name.removeprefix(RESOURCES).startswith(_NO_OBJECTS):
        return
    if name.endswith(ERRORS):
        items.gaps.extend(_refusals(files, name))
        return
    try:
        with files.open(name) as file:
            data = file.read()
        resource = _resource(name)
        if data.lstrip()[:1] == b"[" or data.strip() == b"null":
            kind = (resource.kind, resource.api_version) if resource else ("", "")
            items.read_array(data, name, *kind)
        elif name.endswith(".json"):
            items.read_json(data, name)
        elif name.endswith((".yaml", ".yml")):
            items.read_yaml(data, name)
    except SnapshotError as error:
        items.gaps.append(Gap(name, error.message))


def _resource(name: str) -> Resource | None:
    """What ``cluster-resources/pods/shop.json`` or ``cluster-resources/nodes.json`` holds."""
    folder = name.removeprefix(RESOURCES).split("/")[0]
    called = folder.removesuffix(".json").removesuffix(".yaml").replace("-", "").lower()
    plural = _CALLED.get(called, called)
    return next((r for r in BUILT_IN if r.plural == plural), None)


def _refusals(files: Files, name: str) -> list[Gap]:
    """{"shop": "pods is forbidden: …"}, or an array of such sentences."""
    what = name.removeprefix(RESOURCES).removesuffix(ERRORS)
    try:
        with files.open(name) as file:
            said: Any = msgspec.json.decode(file.read() or b"null")
    except (*UNREADABLE, SnapshotError) as error:
        return [Gap(name, str(error))]
    if isinstance(said, dict):
        return [Gap(f"{what} in {where}", str(why)) for where, why in said.items() if why]
    return [Gap(what, str(why)) for why in said or ()] if isinstance(said, list | None) else []


def _version(files: Files) -> str:
    if VERSION not in files.names():
        return ""
    try:
        with files.open(VERSION) as file:
            told = msgspec.json.decode(file.read())
    except (*UNREADABLE, SnapshotError):
        return ""
    return text(told, "info", "gitVersion") or text(told, "string")
