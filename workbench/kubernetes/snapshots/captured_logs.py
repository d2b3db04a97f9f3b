"""The logs that go into a capture, with the kubelet's times: of containers that look ill, and of as
many healthy ones as a diagnosis of the live cluster would read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from workbench.core.cluster import ClusterSnapshot, Gap, LogKey
from workbench.core.counted import counted
from workbench.core.objects import Pod
from workbench.core.objects.decode import decode_list
from workbench.errors import ClusterError, ClusterUnreachable, ObjectNotFound, Unauthorized
from workbench.kubernetes.client import Client
from workbench.kubernetes.logs import WIRE_MOST, calm, suspicious
from workbench.kubernetes.segments import segment
from workbench.kubernetes.snapshots.layout import LOGS, OBJECTS, log_name
from workbench.kubernetes.snapshots.partial import Partial, Step, Told
from workbench.kubernetes.snapshots.together import together
from workbench.kubernetes.status import Rejected, why

LINES_MOST = 5000
"""Lines of each log, its end: an hour of a busy service."""

CONTAINERS_MOST = 200
AT_ONCE = 4


async def capture_logs(client: Client, partial: Partial, now: datetime, told: Told) -> None:
    """Write the logs that ``partial`` misses. One that cannot be read becomes a Gap."""
    pods = _pods(partial, now)
    chosen, left_out = suspicious(pods, most=CONTAINERS_MOST)
    ill = frozenset(key for keys in chosen for key in keys)
    keys = [*(key for keys in chosen for key in keys), *calm(pods, ill)]
    if left_out:
        gap = Gap(
            f"logs of {counted(left_out, 'more container')}", f"only {CONTAINERS_MOST} are read"
        )
        partial.done(LOGS, 0, gap)
    finished = 0

    async def one(key: LogKey) -> None:
        nonlocal finished
        await _log(client, partial, key, may_lack=key not in ill)
        finished += 1
        told(Step(what=f"log of {_title(key)}", done=finished, of=len(keys)))

    await together(map(one, keys), AT_ONCE)


def _pods(partial: Partial, now: datetime) -> ClusterSnapshot:
    """The captured pods alone."""
    pods = tuple(pod for path in _pod_files(partial.folder) for pod in _read(path))
    return ClusterSnapshot(now, {Pod.KIND: pods}, scope=partial.progress.scope)


def _pod_files(folder: Path) -> Iterator[Path]:
    return iter(sorted((folder / OBJECTS).glob("*/pods.json")))


def _read(path: Path) -> tuple[Pod, ...]:
    pods, _, _ = decode_list(path.read_bytes(), Pod)
    return pods


async def _log(client: Client, partial: Partial, key: LogKey, may_lack: bool) -> None:
    """may_lack: a log that is not kept is no gap, because nothing points at that container."""
    name = LOGS + log_name(key)
    if partial.is_done(name):
        return
    try:
        content = await _read_log(client, key, partial.progress.scope.since)
    except (ClusterUnreachable, Unauthorized):
        raise
    except Rejected:  # no such run, or the kubelet has collected it: nothing was hidden from us
        partial.done(name, 0)
        return
    except ClusterError as error:
        quiet = may_lack and isinstance(error, ObjectNotFound)
        partial.done(name, 0, *(() if quiet else (Gap(f"log of {_title(key)}", why(error)),)))
        return
    if content:
        partial.write_log(key, content)
    partial.done(name, 0)


async def _read_log(client: Client, key: LogKey, since: int) -> bytes:
    """The end of a log, whole lines each with its time."""
    query: dict[str, str | int] = {
        "container": key.container,
        "timestamps": "true",
        "tailLines": LINES_MOST,
        "limitBytes": WIRE_MOST,
    }
    if key.previous:
        query["previous"] = "true"
    if since:
        query["sinceSeconds"] = since
    answer = await client.get(
        f"/api/v1/namespaces/{segment(key.namespace)}/pods/{segment(key.pod)}/log",
        query,
        accept="*/*",
        asked=f"read the {'previous ' if key.previous else ''}log of {_title(key)}",
        most=WIRE_MOST,
        cut=True,
    )
    if len(answer.body) < WIRE_MOST:
        return answer.body
    return answer.body[: answer.body.rfind(b"\n") + 1]  # cut off within a line


def _title(key: LogKey) -> str:
    return f"{key.namespace}/{key.pod} {key.container}"
