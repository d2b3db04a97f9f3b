"""OpenShift must-gather (``oc adm must-gather``, ``oc adm inspect``): YAML by group and resource.

Below a folder for each image (``must-gather.local.…/IMAGE``, ``inspect.local.…``, one of a time
around them or not) lie ``cluster-scoped-resources/<group>/…``,
``namespaces/<ns>/<group>/<resource>.yaml`` and the logs, with the kubelet's times, as
``namespaces/<ns>/pods/<pod>/<container>/<container>/logs/{current,previous}.log``.
"""

from __future__ import annotations

import re

from workbench.core.cluster import LogKey
from workbench.kubernetes.snapshots.files import Files
from workbench.kubernetes.snapshots.importers.found import Found, read_objects
from workbench.kubernetes.snapshots.items import Items
from workbench.kubernetes.snapshots.raw import Logs

_OBJECT = re.compile(r"(?:^|/)(?:cluster-scoped-resources/[^/]+|namespaces/[^/]+)/")
_CLUSTER_WIDE = re.compile(r"(?:^|/)cluster-scoped-resources/[^/]+/.+\.(?:yaml|json)$")
_BY_GROUP = re.compile(
    r"(?:^|/)namespaces/[^/]+/(?:core|apps|batch|[\w-]+(?:\.[\w-]+)+)/[^/]+\.(?:yaml|json)$"
)
_LOG = re.compile(
    r"(?:^|/)namespaces/([^/]+)/pods/([^/]+)/([^/]+)/[^/]+/logs/"
    r"(current|previous|previous\.insecure)\.log$"
)


def read_must_gather(files: Files) -> Found | None:
    """Objects and logs of every image's folder."""
    names = list(files.names())
    if not any(_CLUSTER_WIDE.search(n) or _BY_GROUP.search(n) for n in names):
        return None
    items = Items(repeats=True)  # a pod lies in its namespace's list and beside its logs
    # lists last: they were taken together, and what is read last is kept
    objects = sorted((n for n in names if _OBJECT.search(n)), key=_is_list)
    read_objects(items, files, objects)
    return Found(items, Logs(files, _logs(files, names)))


def _is_list(name: str) -> bool:
    return "/pods/" not in name


def _logs(files: Files, names: list[str]) -> dict[LogKey, str]:
    """The secure connection's log is better than the one taken without; empty ones are none."""
    found: dict[LogKey, str] = {}
    for name in sorted(names, reverse=True):
        match = _LOG.search(name)
        if match and files.size(name):
            namespace, pod, container, which = match.groups()
            found[LogKey(namespace, pod, container, which != "current")] = name
    return found
