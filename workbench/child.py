"""What the process of a runbook is told, so that it opens the same workbench."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.core.ahead import APPROVALS
from workbench.core.cluster import ClusterAddress
from workbench.investigations.ahead import documents
from workbench.kubernetes.snapshots.process import DEMO
from workbench.remote.gateway import gateway_environment
from workbench.setting_types import plain
from workbench.settings import CONFIG, Settings, config_file

PERSON = "WORKBENCH_PERSON"
"""Tells a child process whom it acts for."""
SURFACE = "WORKBENCH_SURFACE"
"""Tells a child process what it is part of: in a runbook nobody sits who could approve a change."""


def child_environment(
    settings: Settings, cluster: ClusterAddress | None = None, user: str = ""
) -> dict[str, str]:
    """Environment variables that make the process of a runbook open the same workbench.

    With ``cluster``, the child looks at that one: a frozen cluster is not served a second time.
    With ``user``, it acts for them. Paths are absolute, because it works in another folder.
    """
    named = {
        "DATABASE_URL": plain(settings.database_url),
        "KUBECONFIG": _files(cluster.kubeconfig if cluster else settings.kubeconfig),
        "WORKBENCH_CONTEXT": cluster.context if cluster else settings.context,
        "WORKBENCH_SNAPSHOT": "" if cluster else _snapshot(settings.snapshot),
        "WORKBENCH_DATA_DIR": str(settings.data_dir.absolute()),
        "WORKBENCH_MODEL": settings.model,
        "WORKBENCH_GATEWAY": "",
        "WORKBENCH_GATEWAY_TOKEN": "",
        **gateway_environment(settings),
        APPROVALS: ",".join(documents(settings.approvals).values()),
        CONFIG: "",
        SURFACE: "runbook",
        PERSON: user,
    }
    kept = {name: value for name, value in os.environ.items() if name not in named}
    filled = {name: value for name, value in named.items() if value}
    if settings.gateway:
        return {**kept, **filled}
    filled |= _elsewhere(settings)
    if not config_file().is_file():
        return {**kept, **filled}
    # What is empty here must not come back from the file there.
    empty = {name: "" for name in named if name.startswith("WORKBENCH_")}
    return {**kept, **empty, **filled, CONFIG: str(config_file().resolve())}


def _elsewhere(settings: Settings) -> dict[str, str]:
    """The other files and folders that are set; an empty variable would be the folder it is in."""
    servers = _files(str(settings.mcp_servers)) if settings.mcp_servers else ""
    logs = _files(str(settings.snapshot_logs)) if settings.snapshot_logs else ""
    folders = _files(os.pathsep.join(map(str, settings.runbook_dirs)))
    named = {
        "WORKBENCH_RUNBOOK_DIRS": folders,
        "WORKBENCH_MCP_SERVERS": servers,
        "WORKBENCH_SNAPSHOT_LOGS": logs,
    }
    return {name: value for name, value in named.items() if value}


def _files(paths: str) -> str:
    """Each of the paths, joined as in PATH, from the root."""
    files = (Path(path).expanduser().absolute() for path in paths.split(os.pathsep) if path)
    return os.pathsep.join(map(str, files))


def _snapshot(source: str) -> str:
    return source if source in ("", DEMO) else _files(source)
