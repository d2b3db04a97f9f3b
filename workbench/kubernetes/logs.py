"""Container logs, bounded in lines and bytes, and which containers' logs are worth reading."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from workbench.core.cluster import ClusterSnapshot, Gap, LogKey
from workbench.core.counted import counted
from workbench.core.objects import ContainerStatus, Pod
from workbench.errors import ClusterError, Forbidden, ObjectNotFound
from workbench.kubernetes.client import Client
from workbench.kubernetes.segments import segment
from workbench.kubernetes.status import Rejected, why

BYTES_MOST = 256 * 1024
"""Bytes of one log that are kept: its end."""

WIRE_MOST = 4 * 2**20
"""Bytes of one log that are asked for. limitBytes cuts the newest lines off, not the oldest
(Kubernetes API reference, PodLogOptions), so more is read than is kept."""

CONTAINERS_MOST = 30
AT_ONCE = 8
STILL_TELLING = timedelta(hours=1)
"""How long after a crash the last words of a container that is ready again are worth reading."""

INIT_PATIENCE = timedelta(minutes=5)
"""An init container that runs for longer is waiting for something (containers/inits.py)."""

EXCERPT_LINES = 200
EXCERPT_BYTES = 64 * 1024

CALM_MOST = 60
"""Containers that are well and whose logs are read all the same: about a second's worth."""

_PLATFORM = frozenset({"kube-system", "kube-node-lease", "kube-public"})
"""Namespaces whose healthy pods come last: their logs are long and seldom the reason."""


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a log: the last lines, of the last seconds (0 for all), in so many bytes."""

    lines: int = 200
    since_seconds: int = 0
    limit_bytes: int = BYTES_MOST
    timestamps: bool = False


async def read_log(client: Client, key: LogKey, tail: Tail | None = None) -> str:
    """The end of one container's log.

    Raises Rejected when there is no such log (not started yet, no earlier run), Forbidden or
    another ClusterError. Bytes that are no UTF-8 are shown as U+FFFD.
    """
    tail = tail or Tail()
    query: dict[str, str | int] = {"tailLines": max(tail.lines, 1), "limitBytes": WIRE_MOST}
    if key.container:
        query["container"] = key.container
    if key.previous:
        query["previous"] = "true"
    if tail.since_seconds:
        query["sinceSeconds"] = tail.since_seconds
    if tail.timestamps:
        query["timestamps"] = "true"
    answer = await client.get(
        f"/api/v1/namespaces/{segment(key.namespace)}/pods/{segment(key.pod)}/log",
        query,
        accept="*/*",
        asked=f"read the {'previous ' if key.previous else ''}log of {_title(key)}",
        most=WIRE_MOST,
        cut=True,
    )
    text = _end(answer.body, min(tail.limit_bytes, BYTES_MOST))
    if len(answer.body) < WIRE_MOST:
        return text
    return (
        f"{text}\n[cut: {WIRE_MOST // 2**20} MiB of log read; ask for fewer lines to see the end]"
    )


async def with_logs(
    client: Client,
    snapshot: ClusterSnapshot,
    timestamps: bool = False,
    *,
    ready_too: bool = False,
) -> ClusterSnapshot:
    """The snapshot with the logs of its suspicious containers, and a Gap for each not to be had.

    timestamps: whether each line is to start with the time it was written.
    ready_too: with those of containers that are well, as ``calm`` chooses them.
    """
    since = snapshot.scope.since
    tail = Tail(
        lines=EXCERPT_LINES,
        limit_bytes=EXCERPT_BYTES,
        since_seconds=since,
        timestamps=timestamps,
    )
    bound = asyncio.Semaphore(AT_ONCE)
    chosen, left_out = suspicious(snapshot)
    wanted = [key for keys in chosen for key in keys]
    extra = calm(snapshot, frozenset(wanted)) if ready_too else []
    keys = [*wanted, *extra]
    found = await asyncio.gather(
        *(_try(client, key, tail, bound) for key in wanted),
        *(_try(client, key, tail, bound, may_lack=True) for key in extra),
    )
    logs = {k: text for k, text in zip(keys, found, strict=True) if isinstance(text, str) and text}
    gaps = {gap for gap in found if isinstance(gap, Gap)}
    if left_out:
        gaps.add(
            Gap(
                f"logs of {counted(left_out, 'more container')}", f"only {CONTAINERS_MOST} are read"
            )
        )
    return replace(snapshot, logs={**snapshot.logs, **logs}, gaps=(*snapshot.gaps, *sorted(gaps)))


def calm(snapshot: ClusterSnapshot, known: frozenset[LogKey]) -> list[LogKey]:
    """Containers that run and are ready, whose logs may tell of trouble that no state shows; one
    replica of each workload before the others, those of the scope first."""
    seen: Counter[tuple[str, str]] = Counter()
    found: list[tuple[tuple[bool, bool, int], LogKey]] = []
    for pod in snapshot.all(Pod):
        for status in (*pod.status.container_statuses, *pod.status.init_container_statuses):
            key = LogKey(pod.namespace, pod.name, status.name)
            if not status.ready or status.state.running is None or key in known:
                continue
            outside = not snapshot.scope.covers(pod.namespace)
            replica = seen[pod.namespace, status.image + status.name]
            seen[pod.namespace, status.image + status.name] += 1
            found.append(((outside, pod.namespace in _PLATFORM, replica), key))
    return [key for _, key in sorted(found)[:CALM_MOST]]


def suspicious(
    snapshot: ClusterSnapshot, most: int = CONTAINERS_MOST
) -> tuple[list[tuple[LogKey, ...]], int]:
    """Logs worth reading, one tuple a container (the run before the restart first), and how many
    containers were left out to stay within ``most``.

    Those of the scope come first, then those that are down now, then those that restarted most.
    """
    found: list[tuple[tuple[bool, bool, int], tuple[LogKey, ...]]] = []
    for pod in snapshot.all(Pod):
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
            runs = _runs(pod, status, snapshot.taken_at)
            if runs:
                keys = (LogKey(pod.namespace, pod.name, status.name, previous) for previous in runs)
                outside = not snapshot.scope.covers(pod.namespace)
                rank = (outside, status.ready, -status.restart_count)
                found.append((rank, tuple(keys)))
    found.sort()
    chosen = [keys for _, keys in found[:most]]
    return chosen, max(0, len(found) - most)


def _runs(pod: Pod, status: ContainerStatus, now: datetime) -> tuple[bool, ...]:
    """Which runs of the container to read (True for the previous one); none when it is fine."""
    state = status.state
    restarted = status.restart_count > 0 or status.last_state.terminated is not None
    if state.terminated is not None:
        failed = state.terminated.exit_code != 0
        return (True, False) if restarted else (False,) if failed else ()
    if state.waiting is not None:
        return (True,) if restarted else ()
    if state.running is None:
        return ()
    if status.ready:
        return (True,) if _failed_lately(status, now) else ()
    if restarted:
        return (True, False)
    return (False,) if _due(pod, status, now) else ()


def _failed_lately(status: ContainerStatus, now: datetime) -> bool:
    last = status.last_state.terminated
    return bool(
        last and last.exit_code and last.finished_at and now - last.finished_at < STILL_TELLING
    )


def _due(pod: Pod, status: ContainerStatus, now: datetime) -> bool:
    """A running init container is not ready by design until it ends, which it should soon."""
    running = status.state.running
    began = running.started_at if running else None
    late = began is not None and now - began > INIT_PATIENCE
    return late or status in pod.status.container_statuses


async def _try(
    client: Client,
    key: LogKey,
    tail: Tail,
    bound: asyncio.Semaphore,
    *,
    may_lack: bool = False,
) -> str | Gap | None:
    """may_lack: a log that is not kept is no gap, because nothing points at that container."""
    async with bound:
        try:
            return await read_log(client, key, tail)
        except Rejected:
            return None  # no such run, or the kubelet has collected it: nothing was hidden from us
        except ObjectNotFound as error:
            return None if may_lack else Gap(f"log of {_title(key)}", why(error))
        except Forbidden as error:
            return Gap(f"logs in {key.namespace}", why(error))
        except ClusterError as error:
            return Gap(f"log of {_title(key)}", why(error))


def _title(key: LogKey) -> str:
    return f"{key.namespace}/{key.pod}" + (f" {key.container}" if key.container else "")


def _end(body: bytes, most: int) -> str:
    """The last ``most`` bytes from the start of a line on, saying when lines were left out."""
    if len(body) <= most:
        return body.decode("utf-8", "replace")
    kept = body[-most:]
    _, newline, rest = kept.partition(b"\n")
    kept = rest if newline else kept
    return f"[{len(body) - len(kept)} earlier bytes left out]\n{kept.decode('utf-8', 'replace')}"
