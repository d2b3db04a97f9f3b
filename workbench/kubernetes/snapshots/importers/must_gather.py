"""OpenShift must-gather (``oc adm must-gather``, ``oc adm inspect``): YAML by group and resource.

Below a folder for each image (``must-gather.local.…/IMAGE``, ``inspect.local.…``, one of a time
around them or not) lie ``cluster-scoped-resources/<group>/…``,
``namespaces/<ns>/<group>/<resource>.yaml`` and the logs, with the kubelet's times, as
``namespaces/<ns>/pods/<pod>/<container>/<container>/logs/{current,previous}.log``. A file
``timestamp`` beside them holds when it began and when it ended, as Go prints times.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

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

_TIMES = re.compile(r"(?:^|/)timestamp$")
_GO_TIME = re.compile(
    r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)?(?: ([+-]\d{4})\b.*)?$", re.MULTILINE
)
_TIMES_BYTES_MOST = 4096
"""Two lines are written; what is longer is another file of that name."""


def read_must_gather(files: Files) -> Found | None:
    """Objects and logs of every image's folder."""
    names = list(files.names())
    if not any(_CLUSTER_WIDE.search(n) or _BY_GROUP.search(n) for n in names):
        return None
    items = Items(repeats=True)  # a pod lies in its namespace's list and beside its logs
    # lists last: they were taken together, and what is read last is kept
    objects = sorted((n for n in names if _OBJECT.search(n)), key=_is_list)
    read_objects(items, files, objects)
    return Found(items, Logs(files, _logs(files, names)), between=_between(files, names))


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


def _between(files: Files, names: list[str]) -> tuple[datetime, datetime] | None:
    """From when to when it was gathered, by the outermost ``timestamp`` that tells."""
    for name in sorted(filter(_TIMES.search, names), key=lambda n: (n.count("/"), n)):
        if files.size(name) > _TIMES_BYTES_MOST:
            continue
        with files.open(name) as file:
            text = file.read().decode("ascii", "replace")
        times = [t for found in _GO_TIME.finditer(text) if (t := _moment(*found.groups("+0000")))]
        if times:
            return min(times), max(times)
    return None


def _moment(day: str, clock: str, zone: str) -> datetime | None:
    try:
        return datetime.strptime(f"{day} {clock} {zone}", "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
