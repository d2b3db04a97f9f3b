"""Which cluster is looked at: the one kubectl would use, or a frozen one."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.core.cluster import ClusterAddress, Scope
from workbench.errors import WorkbenchError
from workbench.kubernetes import kubeconfig
from workbench.kubernetes.snapshots.process import DEMO, frozen_cluster
from workbench.remote.gateway import refuse_beside
from workbench.settings import Settings, load_settings

if TYPE_CHECKING:
    from workbench.kubernetes.snapshots.raw import Manifest


@asynccontextmanager
async def open_cluster(settings: Settings) -> AsyncIterator[ClusterAddress]:
    """The configured cluster; a frozen one is served for as long as this is open.

    A snapshot in the settings comes first, then a kubeconfig or in-cluster credentials, and where
    there is nothing of all that, the bundled demo cluster.
    """
    refuse_beside(settings, "A cluster")
    live = None if settings.snapshot else live_cluster(settings)
    if live:
        yield live
        return
    logs = settings.snapshot_logs if settings.snapshot else None
    source, folder = settings.snapshot or DEMO, settings.data_dir / "run"
    async with frozen_cluster(source, folder, logs) as frozen:
        yield frozen


def live_cluster(settings: Settings) -> ClusterAddress | None:
    """The cluster that kubectl would use here, or None. Raises ContextUnknown."""
    refuse_beside(settings, "A cluster")
    named = settings.kubeconfig or settings.context
    if not named and not kubeconfig.any_here():
        return None
    chosen = kubeconfig.choose(settings.kubeconfig, settings.context)
    return ClusterAddress(
        name=chosen.context, kubeconfig=chosen.kubeconfig, context=settings.context
    )


def contexts() -> list[str]:
    """The contexts of the kubeconfig that is set or in its usual place; none where it is no use."""
    try:
        return kubeconfig.context_names(load_settings().kubeconfig)
    except WorkbenchError:
        return []


@asynccontextmanager
async def captured(
    cluster: ClusterAddress, scope: Scope, *, logs: bool
) -> AsyncIterator[tuple[Path, Manifest]]:
    """All a cluster shows as a snapshot file, for as long as this is open. Raises ClusterError."""
    from workbench.kubernetes.client import open_client
    from workbench.kubernetes.snapshots.capture import capture
    from workbench.kubernetes.snapshots.partial import Partial

    with tempfile.TemporaryDirectory(prefix="workbench-capture-") as folder:
        path = Path(folder) / "snapshot.zip"
        client = await open_client(cluster.kubeconfig, cluster.context)
        try:
            yield path, await capture(client, Partial(path, client.server, scope), logs=logs)
        finally:
            await client.close()


def bundled_snapshots() -> dict[str, Manifest]:
    """What is known of the snapshots that come with the workbench, by name."""
    from workbench.kubernetes.snapshots.process import find_snapshot
    from workbench.kubernetes.snapshots.raw import Manifest

    manifest = (find_snapshot(DEMO) / "manifest.json").read_bytes()
    return {DEMO: msgspec.json.decode(manifest, type=Manifest)}
