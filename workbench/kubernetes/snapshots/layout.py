"""Where each thing of a snapshot lies, and which names may become names of files."""

from __future__ import annotations

import re

from workbench.core.cluster import LogKey
from workbench.errors import SnapshotError

MANIFEST = "manifest.json"
OBJECTS = "objects/"
LOGS = "logs/"

CLUSTER_WIDE = "_cluster"
"""Folder of objects without a namespace; no namespace can be called so."""

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
"""Names the API server accepts for namespaces, pods, containers, groups and plurals (Kubernetes
documentation, Object Names). A snapshot may come from anybody, and none of them leads elsewhere."""


def list_name(namespace: str, group: str, plural: str, version: str = "") -> str:
    """The file of one kind in one namespace, below ``objects/``.

    version: given for a further version of a group. Raises SnapshotError for a hostile name.
    """
    qualified = ".".join(_checked(part) for part in (plural, version, group) if part)
    return f"{_checked(namespace) if namespace else CLUSTER_WIDE}/{qualified}.json"


def log_name(key: LogKey) -> str:
    """Where a container's log lies below ``logs/``. Raises SnapshotError for a hostile name."""
    namespace, pod, container = map(_checked, (key.namespace, key.pod, key.container))
    return f"{namespace}/{pod}/{container}{'.previous' if key.previous else ''}.log"


def _checked(name: str) -> str:
    if _SAFE.fullmatch(name):
        return name
    raise SnapshotError(
        f"{name[:80]!r} is not a name that Kubernetes allows, so no file is named for it.",
        "Whoever made this may have meant harm; look at the object itself.",
    )
