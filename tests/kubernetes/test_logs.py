from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.kubernetes.objects import Tree, crashing, healthy, pod
from tests.support.api_server import ApiServer, Trouble
from workbench.core.cluster import LogKey, Scope
from workbench.core.objects import Pod
from workbench.kubernetes.client import Client
from workbench.kubernetes.collect import collect
from workbench.kubernetes.logs import CONTAINERS_MOST, Tail, read_log, suspicious, with_logs
from workbench.kubernetes.status import Rejected

KEY = LogKey("shop", "web-2b-y", "app", True)


async def test_the_last_lines_are_read(cluster: ApiServer, client: Client) -> None:
    cluster.logs[("shop", "web-2b-y", "app", True)] = b"one\ntwo\nthree\n"
    assert await read_log(client, KEY, Tail(lines=2)) == "two\nthree\n"


async def test_the_end_of_a_long_log_is_kept(cluster: ApiServer, client: Client) -> None:
    lines = [f"line {i}".encode() for i in range(10_000)]
    cluster.logs[("shop", "web-2b-y", "app", True)] = b"\n".join(lines)
    log = await read_log(client, KEY, Tail(lines=10_000, limit_bytes=1000))
    assert log.endswith("line 9999")
    assert "earlier bytes left out" in log.splitlines()[0]
    assert log.splitlines()[1].startswith("line ")
    assert len(log) < 1100


async def test_a_container_that_never_ran_has_no_log(client: Client) -> None:
    with pytest.raises(Rejected, match="waiting to start"):
        await read_log(client, KEY)


async def test_a_crashing_container_brings_the_log_of_its_last_run(
    cluster: ApiServer, client: Client
) -> None:
    cluster.logs[("shop", "web-2b-y", "app", True)] = b"panic: no database\n"
    snapshot = await with_logs(client, await collect(client, Scope(), [Pod]))
    assert dict(snapshot.logs) == {KEY: "panic: no database\n"}
    assert snapshot.gaps == ()


async def test_logs_that_may_not_be_read_are_one_gap_a_namespace(
    cluster: ApiServer, client: Client
) -> None:
    cluster.objects.append(crashing("web-2b-z"))
    snapshot = await collect(client, Scope(), [Pod])
    for name in ("web-2b-y", "web-2b-z"):
        cluster.trouble(f"/api/v1/namespaces/shop/pods/{name}/log", Trouble(403, "no logs"))
    snapshot = await with_logs(client, snapshot)
    assert [gap.what for gap in snapshot.gaps] == ["logs in shop"]


async def test_healthy_containers_are_left_alone_and_many_bad_ones_bounded(
    cluster: ApiServer, client: Client
) -> None:
    cluster.objects = [healthy("fine"), *(crashing(f"bad-{i}") for i in range(40))]
    chosen, left_out = suspicious(await collect(client, Scope(), [Pod]))
    assert (len(chosen), left_out) == (CONTAINERS_MOST, 40 - CONTAINERS_MOST)
    assert all(keys[0].pod.startswith("bad") for keys in chosen)


async def test_the_log_of_a_healthy_container_may_be_lacking_and_is_read_where_it_is(
    cluster: ApiServer, client: Client
) -> None:
    cluster.objects = [healthy("here"), healthy("gone")]
    cluster.logs[("shop", "here", "app", False)] = b"ERROR pool exhausted\n"
    cluster.trouble("/api/v1/namespaces/shop/pods/gone/log", Trouble(404, "no such log"))
    bare = await collect(client, Scope(), [Pod])
    assert not (await with_logs(client, bare)).logs
    snapshot = await with_logs(client, bare, ready_too=True)
    assert list(snapshot.logs.values()) == ["ERROR pool exhausted\n"]
    assert snapshot.gaps == ()


async def test_the_log_of_a_crashing_container_that_is_gone_is_a_gap(
    cluster: ApiServer, client: Client
) -> None:
    gone = Trouble(404, "no such log")
    cluster.trouble("/api/v1/namespaces/shop/pods/web-2b-y/log", gone, gone)
    snapshot = await with_logs(client, await collect(client, Scope(), [Pod]))
    assert [gap.what for gap in snapshot.gaps] == ["log of shop/web-2b-y app"]


async def test_an_init_container_that_runs_for_long_is_read_and_one_that_just_began_is_not(
    cluster: ApiServer, client: Client
) -> None:
    cluster.objects = [_initialising("late", "10:00"), _initialising("new", "11:58")]
    seen = await collect(client, Scope(), [Pod])
    at_noon = replace(seen, taken_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    assert suspicious(at_noon)[0] == [(LogKey("shop", "late", "wait", False),)]


def _initialising(name: str, began: str) -> Tree:
    running = {"running": {"startedAt": f"2026-11-22T{began}:00Z"}}
    status = {"name": "wait", "ready": False, "restartCount": 0, "state": running}
    return pod(name, initContainerStatuses=[status])
