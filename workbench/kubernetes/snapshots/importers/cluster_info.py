"""``kubectl cluster-info dump``: as a folder (--output-directory) or as the one stream it prints.

The folder holds nodes.json, ``<namespace>/<kind>.json`` and ``<namespace>/<pod>/logs.txt`` with the
logs of all containers between START and END lines (kubectl, cmd/clusterinfo).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from workbench.core.cluster import Gap, LogKey
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.files import FileParts, Files, MemoryFiles
from workbench.kubernetes.snapshots.importers.found import Found, read_objects
from workbench.kubernetes.snapshots.items import Items
from workbench.kubernetes.snapshots.raw import Logs

LOGS_TXT = "/logs.txt"
_STREAM = "the dump"

_START = re.compile(rb"==== START logs for container (\S+) of pod ([^/\s]+)/(\S+) ====\r?\n")
_END = re.compile(rb"==== END logs for container (\S+) of pod ([^/\s]+)/(\S+) ====\r?(?:\n|\Z)")

Part = tuple[LogKey, int, int]
"""A container's log: whose, its first byte and the byte after its last."""


def read_dump(files: Files) -> Found | None:
    """The folder form."""
    names = list(files.names())
    roots = {n.rpartition("/")[0] for n in names if n.rpartition("/")[2] in _NODES}
    top = min(roots, key=len, default=None)
    root = f"{top}/" if top else top
    if root is None or not any(_is_pods(n.removeprefix(root)) for n in names):
        return None
    items = Items()
    read_objects(items, files, [n for n in names if n.startswith(root)])
    parts: dict[LogKey, tuple[str, int, int]] = {}
    for name in names:
        if name.startswith(root) and name.endswith(LOGS_TXT):
            with files.open(name) as file:
                found = log_parts(file.read())
            parts.update({key: (name, start, end - start) for key, start, end in found})
    return Found(items, _logs(files, parts))


def is_stream(data: bytes) -> bool:
    """Whether this is what the dump prints without --output-directory."""
    return data[:80].lstrip()[:1] == b"{" and any(between in data for between in _BETWEEN)


def read_stream(data: bytes) -> Found:
    """The printed form: lists one after the other, then the logs."""
    items = Items()
    parts = list(log_parts(data))
    for number, document in enumerate(_documents(_outside(data, parts)), 1):
        where = f"document {number} of {_STREAM}"
        try:
            items.read_json(document, where)
        except SnapshotError as error:
            items.gaps.append(Gap(where, error.message))
    whole = MemoryFiles({_STREAM: data})
    return Found(items, _logs(whole, {key: (_STREAM, a, b - a) for key, a, b in parts}))


def log_parts(data: bytes) -> Iterator[Part]:
    """Each container's log between its START and its own END; a cut off one goes to the end."""
    at = 0
    while start := _START.search(data, at):
        container, namespace, pod = (g.decode("utf-8", "replace") for g in start.groups())
        ends = (e for e in _END.finditer(data, start.end()) if e.groups() == start.groups())
        end = next(ends, None)
        stop = end.start() if end else len(data)
        if stop > start.end():
            yield LogKey(namespace, pod, container), start.end(), stop
        at = end.end() if end else len(data)


_BETWEEN = (b"\n}\n{\n", b"\n}\n==== START logs for container ")
"""What follows one printed list: the next one, or a log."""

_NODES = ("nodes.json", "nodes.yaml")


def _is_pods(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(("/pods.json", "/pods.yaml"))


def _outside(data: bytes, parts: Iterable[Part]) -> bytes:
    """The stream without its logs."""
    kept, at = [], 0
    for _, start, end in parts:
        kept.append(data[at:start])
        at = end
    return b"".join([*kept, data[at:]])


def _documents(data: bytes) -> Iterator[bytes]:
    """The JSON documents: kubectl begins and ends each with a bracket alone on its line."""
    held: list[bytes] = []
    for line in data.splitlines(keepends=True):
        if line.startswith(b"==== "):
            continue
        held.append(line)
        if line.rstrip() == b"}" and line.startswith(b"}"):
            yield b"".join(held)
            held = []
    if b"".join(held).strip():
        yield b"".join(held)


def _logs(files: Files, parts: dict[LogKey, tuple[str, int, int]]) -> Logs:
    names = {key: f"{key.namespace}/{key.pod}/{key.container}" for key in parts}
    return Logs(FileParts(files, {names[key]: part for key, part in parts.items()}), names)
