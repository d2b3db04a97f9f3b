"""A cluster as its files hold it: manifest, object trees as the API serves them, logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, overload

import msgspec

from workbench.core.cluster import EVERYTHING, Gap, LogKey, Scope
from workbench.kubernetes.snapshots.files import Files, MemoryFiles
from workbench.kubernetes.snapshots.layout import log_name

Tree = dict[str, Any]
"""One object as parsed JSON; it always has apiVersion, kind and a metadata mapping."""

FORMAT = 1
"""Version of the snapshot's layout on disk; a higher one is refused."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """manifest.json: whose cluster this is, when it was looked at, and what was not seen.

    partial: nobody knows about kinds that are not there, as in the output of ``kubectl get``.
    log_times: every log line begins with the kubelet's RFC 3339 time and a space, as
    ``kubectl logs --timestamps`` prints them.
    """

    format: int = FORMAT
    cluster: str = ""
    taken_at: datetime
    server_version: str = ""
    scope: Scope = EVERYTHING
    gaps: tuple[Gap, ...] = ()
    partial: bool = False
    log_times: bool = False


class Logs:
    """Container logs that stay where they are until somebody reads one."""

    def __init__(self, files: Files, names: Mapping[LogKey, str]) -> None:
        self._files, self._names = files, names

    @staticmethod
    def of(content: Mapping[LogKey, bytes]) -> Logs:
        """Logs held in memory."""
        return Logs(
            MemoryFiles({log_name(k): v for k, v in content.items()}),
            {k: log_name(k) for k in content},
        )

    @staticmethod
    def under(files: Files) -> Logs:
        """Logs laid out as ``<namespace>/<pod>/<container>[.previous].log``."""
        found = ((_key(name), name) for name in files.names())
        return Logs(files, {key: name for key, name in found if key})

    def __iter__(self) -> Iterator[LogKey]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, key: LogKey) -> bool:
        return key in self._names

    def open(self, key: LogKey) -> IO[bytes]:
        """The log for reading. Raises ``KeyError`` for one that is not held."""
        return self._files.open(self._names[key])

    def tail(self, key: LogKey, most: int) -> str:
        """The last ``most`` bytes, whole lines only; undecodable bytes become U+FFFD."""
        size = self._files.size(self._names[key])
        with self.open(key) as file:
            if size > most:
                file.seek(size - most - 1)
                file.readline()  # the rest of a line that began earlier
            return file.read().decode("utf-8", "replace")


class Kept(Sequence[Tree]):
    """Objects of one kind as the JSON they were read from, a tenth of the memory of their trees.

    Whoever looks at one gets a new tree each time.
    """

    def __init__(self, items: Iterable[bytes]) -> None:
        self.items = tuple(items)

    @staticmethod
    def of(trees: Iterable[Tree]) -> Kept:
        """The trees, encoded."""
        return Kept(map(msgspec.json.encode, trees))

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Tree]:
        return map(msgspec.json.decode, self.items)

    @overload
    def __getitem__(self, index: int) -> Tree: ...
    @overload
    def __getitem__(self, index: slice) -> Kept: ...
    def __getitem__(self, index: int | slice) -> Tree | Kept:
        if isinstance(index, slice):
            return Kept(self.items[index])
        tree: Tree = msgspec.json.decode(self.items[index])
        return tree

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self.items)


NO_LOGS = Logs(MemoryFiles({}), {})


@dataclass(frozen=True)
class RawSnapshot:
    """Manifest, objects by (apiVersion, kind) and logs. Secrets hold no values.

    A kind that is there with no objects was looked at and is empty; so is one that is not there,
    unless the manifest says that the snapshot is partial.
    """

    manifest: Manifest
    objects: Mapping[tuple[str, str], Sequence[Tree]] = field(default_factory=dict)
    logs: Logs = NO_LOGS

    def all(self) -> Iterator[Tree]:
        """Every object."""
        for trees in self.objects.values():
            yield from trees


def group_of(api_version: str) -> str:
    """``apps`` of ``apps/v1``; "" for the core group."""
    return api_version.rpartition("/")[0]


def _key(name: str) -> LogKey | None:
    parts = name.split("/")
    if len(parts) != 3 or not parts[2].endswith(".log"):
        return None
    container = parts[2].removesuffix(".log")
    previous = container.endswith(".previous")
    return LogKey(parts[0], parts[1], container.removesuffix(".previous"), previous)
