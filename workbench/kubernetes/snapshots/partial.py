"""A capture that is under way: a folder that becomes the snapshot, and what is in it so far."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from workbench.core.cluster import Gap, LogKey, Scope
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.layout import LOGS, log_name
from workbench.kubernetes.snapshots.raw import Manifest
from workbench.kubernetes.snapshots.save import put, write_manifest

PROGRESS = "progress.json"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far a capture is: ``done`` of ``of`` lists or logs, and which was the last."""

    what: str
    done: int
    of: int


Told = Callable[[Step], object]


class Progress(msgspec.Struct, kw_only=True):
    """What a capture was asked for and how far it came. Lists and logs are named as files are.

    gaps: why a list or log is not there, by its name. began: the first list's time in the cluster.
    """

    server: str
    scope: Scope
    began: datetime | None = None
    done: dict[str, int] = {}
    gaps: dict[str, Gap] = {}


class Partial:
    """The folder ``OUT.partial`` beside the snapshot ``OUT`` that it will be."""

    def __init__(self, path: Path, server: str, scope: Scope) -> None:
        """Continues what lies there. Raises SnapshotError when that is of something else."""
        self.path = path
        self.folder = path.with_name(f"{path.name}.partial")
        self.progress = self._found() or Progress(server=server, scope=scope)
        self.continued = bool(self.progress.done)
        if (self.progress.server, self.progress.scope) != (server, scope):
            raise SnapshotError(
                f"{self.folder} is a capture of {self.progress.server}, {self.progress.scope}; "
                f"asked for was {server}, {scope}.",
                "Remove the folder, or name another output.",
            )
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def is_done(self, name: str) -> bool:
        """Whether the list or log of that name is there; one with a gap is asked for again."""
        return name in self.progress.done and not self._gaps_of(name)

    def done(self, name: str, objects: int, *gaps: Gap) -> None:
        """Take note that a list or log is whole, or why it is not there."""
        for old in self._gaps_of(name):
            del self.progress.gaps[old]
        self.progress.done[name] = objects
        self.progress.gaps |= {f"{name}#{number}": gap for number, gap in enumerate(gaps)}
        self._save()

    def began(self, moment: datetime) -> datetime:
        """When the first of all runs began; ``moment`` if that is this one."""
        if self.progress.began is None:
            self.progress.began = moment
            self._save()
        return self.progress.began

    def write_log(self, key: LogKey, content: bytes) -> None:
        """Raises SnapshotError for a hostile name."""
        target = self.folder / LOGS / log_name(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def finish(self, manifest: Manifest) -> None:
        """Make it the snapshot it was to become."""
        write_manifest(manifest, self.folder)
        put(self.folder, self.path, without=PROGRESS)
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def abandon(self) -> None:
        """Remove what was read: nothing of it is worth continuing."""
        shutil.rmtree(self.folder)

    def _gaps_of(self, name: str) -> list[str]:
        return [key for key in self.progress.gaps if key.rpartition("#")[0] == name]

    def _found(self) -> Progress | None:
        path = self.folder / PROGRESS
        if not path.exists():
            if self.folder.exists() and any(self.folder.iterdir()):
                raise SnapshotError(
                    f"{self.folder} is there and is no capture that could be continued.",
                    "Remove the folder, or name another output.",
                )
            return None
        try:
            return msgspec.json.decode(path.read_bytes(), type=Progress)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SnapshotError(
                f"{path} is not readable: {error}.", "Remove the folder to begin anew."
            ) from error

    def _save(self) -> None:
        beside = self.folder / f".{PROGRESS}"
        beside.write_bytes(msgspec.json.encode(self.progress))
        os.replace(beside, self.folder / PROGRESS)
