"""Pod logs out of the snapshot, with the options and the refusals of the API server.

Where the snapshot's log lines carry the kubelet's time (``log_times`` in the manifest), those times
are used and shown only on demand, as in a cluster. Where they do not, a time that the program
itself wrote at the start of a line stands in for ``sinceSeconds`` and ``sinceTime``; lines without
one belong to the line before. A log without any times is given whole, with a warning.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from workbench.core.cluster import LogKey
from workbench.kubernetes.snapshots.raw import Tree
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.serve.failure import StatusFailure, bad_request
from workbench.kubernetes.snapshots.serve.lists import existing
from workbench.kubernetes.snapshots.serve.log_options import Options, log_options
from workbench.kubernetes.snapshots.serve.target import Target
from workbench.kubernetes.snapshots.trees import at, mappings, text

CHUNK_BYTES = 64 * 1024

_TIME = re.compile(
    rb"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?[ \t]"
)
_WAITING = {
    "ImagePullBackOff": "trying and failing to pull image",
    "ErrImagePull": "image can't be pulled",
}
_NO_TIMES = '299 - "this log holds no times, so sinceSeconds and sinceTime were not applied"'


def log(cluster: FrozenCluster, target: Target, request: Request) -> Response:
    """GET …/pods/{name}/log. ``follow`` ends where the log ends: nothing will ever come after it.

    Raises StatusFailure: 400 and 422 for bad options, 404 for a log the snapshot does not hold.
    """
    pod = existing(cluster, target)
    options = log_options(request, target.name, cluster.now)
    container = _container(pod, options)
    key = LogKey(target.namespace, target.name, container, options.previous)
    if key not in cluster.logs:
        raise _absent(pod, container, options)
    own_times = cluster.manifest.log_times
    headers = {"Cache-Control": "no-cache, private"}
    if options.since and not _has_times(cluster, key):
        options = msgspec.structs.replace(options, since=None)
        headers["Warning"] = _NO_TIMES
    lines = _part(_stored(cluster, key), options, own_times)
    return StreamingResponse(_chunks(lines), 200, headers, media_type="text/plain")


def _container(pod: Tree, options: Options) -> str:
    """The container asked for, or the only one there is."""
    names = [text(c, "name") for c in mappings(at(pod, "spec", "containers"))]
    first = [text(c, "name") for c in mappings(at(pod, "spec", "initContainers"))]
    added = [text(c, "name") for c in mappings(at(pod, "spec", "ephemeralContainers"))]
    name = text(pod, "metadata", "name")
    if options.container:
        if options.container not in (*names, *first, *added):
            raise bad_request(f"container {options.container} is not valid for pod {name}")
        return options.container
    if len(names) == 1:
        return names[0]
    message = f"a container name must be specified for pod {name}"
    if names:
        message += f", choose one of: [{' '.join(names)}]"
    if first:
        message += f" or one of the init containers: [{' '.join(first)}]"
    if added:
        message += f" or one of the ephemeral containers: [{' '.join(added)}]"
    raise bad_request(message)


def _absent(pod: Tree, container: str, options: Options) -> StatusFailure:
    """Why there is no such log: it never was, or it was not saved."""
    status = _status(pod, container)
    name = text(pod, "metadata", "name")
    waiting = at(status, "state", "waiting")
    if options.previous and not at(status, "lastState", "terminated"):
        return bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
    if not options.previous and isinstance(waiting, dict):
        reason = text(waiting, "reason")
        return bad_request(
            f'container "{container}" in pod "{name}" is waiting to start: '
            f"{_WAITING.get(reason, reason)}"
        )
    which = "previous log" if options.previous else "log"
    return StatusFailure(
        404,
        "NotFound",
        f'the snapshot does not hold the {which} of container "{container}" in pod "{name}"',
        {"name": name, "kind": "pods/log"},
    )


def _status(pod: Tree, container: str) -> Tree:
    for field in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for status in mappings(at(pod, "status", field)):
            if status.get("name") == container:
                return status
    return {}


def _stored(cluster: FrozenCluster, key: LogKey) -> Iterator[bytes]:
    with cluster.logs.open(key) as file:
        yield from file


def _has_times(cluster: FrozenCluster, key: LogKey) -> bool:
    """Whether one of the first hundred lines begins with a time."""
    return any(_time(line) for line, _ in zip(_stored(cluster, key), range(100), strict=False))


def _part(lines: Iterable[bytes], options: Options, own_times: bool) -> Iterator[bytes]:
    """The lines that the options leave, in their order."""
    if options.since:
        lines = _after(lines, options.since)
    if options.tail is not None:
        lines = deque(lines, maxlen=options.tail)
    if own_times and not options.timestamps:
        lines = (line.partition(b" ")[2] for line in lines)
    left = options.most_bytes
    for line in lines:
        if left is not None:
            line, left = line[:left], left - len(line)
        yield line
        if left is not None and left <= 0:
            return


def _after(lines: Iterable[bytes], since: datetime) -> Iterator[bytes]:
    recent = False
    for line in lines:
        moment = _time(line)
        recent = moment >= since if moment else recent
        if recent:
            yield line


def _time(line: bytes) -> datetime | None:
    """The time at the start of a line; one without an offset is taken as UTC."""
    found = _TIME.match(line)
    if not found:
        return None
    moment, fraction, offset = (g.decode() if g else "" for g in found.groups())
    try:
        return datetime.fromisoformat(f"{moment}.{fraction[:6]:0<6}{offset or 'Z'}")
    except ValueError:
        return None


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    held, size = [], 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
