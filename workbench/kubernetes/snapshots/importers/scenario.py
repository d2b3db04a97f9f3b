"""A scenario of an evaluation: ``cluster.yaml``, and what its containers said in ``logs.yaml``."""

from __future__ import annotations

import yaml

from workbench.core.cluster import LogKey
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import Files
from workbench.kubernetes.snapshots.importers.found import Found
from workbench.kubernetes.snapshots.items import Items
from workbench.kubernetes.snapshots.raw import NO_LOGS, Logs

CLUSTER = "cluster.yaml"
EXPECTED = "expect.yaml"
LOGS = "logs.yaml"


def read_scenario(files: Files) -> Found | None:
    """The cluster of a scenario; what is expected of it is no part of it."""
    names = set(files.names())
    if not {CLUSTER, EXPECTED} <= names:
        return None
    items = Items()
    with files.open(CLUSTER) as file:
        items.read_yaml(file.read(), CLUSTER)
    return Found(items, _logs(files) if LOGS in names else NO_LOGS)


def _logs(files: Files) -> Logs:
    """By ``namespace/pod/container`` or ``namespace/pod/container/previous``."""
    with files.open(LOGS) as file:
        try:
            tree = yaml.safe_load(file.read())
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise SnapshotError(f"{LOGS} is not YAML: {error}.") from error
    if not isinstance(tree, dict):
        raise SnapshotError(f"{LOGS} is no mapping.", "Like: shop/web-1/web: a text")
    return Logs.of({_key(str(name)): str(text).encode() for name, text in tree.items()})


def _key(name: str) -> LogKey:
    parts = name.split("/")
    if len(parts) not in (3, 4) or parts[3:] not in ([], ["previous"]):
        raise SnapshotError(f"{LOGS} names {name!r}.", "Like: namespace/pod/container[/previous]")
    return LogKey(parts[0], parts[1], parts[2], len(parts) == 4)
