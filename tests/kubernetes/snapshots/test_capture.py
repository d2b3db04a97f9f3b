from __future__ import annotations

import asyncio
import copy
import os
import signal
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.objects import healthy, pod, secret
from tests.kubernetes.snapshots.shop import LOGS, snapshot
from tests.support.api_server import ApiServer, Trouble
from workbench.core.cluster import LogKey, Scope
from workbench.errors import ClusterUnreachable, Forbidden, SnapshotError
from workbench.kubernetes.client import Client, open_client
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.snapshots.capture import capture, one_version_each
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.partial import Partial, Step
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.serve.server import served

PODS = "/api/v1/pods"


def start(client: Client, path: Path, scope: Scope | None = None) -> Partial:
    return Partial(path, client.server, scope or Scope())


def contents(raw: RawSnapshot) -> dict[tuple[str, ...], dict[str, Any]]:
    found = {}
    for tree in raw.all():
        kept = copy.deepcopy(tree)
        kept["metadata"].pop("resourceVersion", None)
        meta = kept["metadata"]
        key = (kept["apiVersion"], kept["kind"], meta.get("namespace", ""), meta["name"])
        found[key] = kept
    return found


async def test_the_log_of_a_healthy_container_is_kept_too_and_may_be_lacking(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    cluster.objects = [healthy("here"), healthy("gone")]
    cluster.logs[("shop", "here", "app", False)] = b"ERROR pool exhausted\n"
    cluster.trouble("/api/v1/namespaces/shop/pods/gone/log", Trouble(404, "no such log"))
    await capture(client, start(client, tmp_path / "kept"))
    after = load(tmp_path / "kept")
    assert list(after.logs) == [LogKey("shop", "here", "app", False)]
    assert not [gap for gap in after.manifest.gaps if "log" in gap.what]


@pytest.mark.parametrize("name", ["kept", "kept.zip"])
async def test_a_served_snapshot_is_captured_as_it_was(tmp_path: Path, name: str) -> None:
    before = snapshot()
    async with served(before, kubeconfig=tmp_path / "config"):
        client = await open_client(str(tmp_path / "config"))
        await capture(client, start(client, tmp_path / name))
        await client.close()
    after = load(tmp_path / name)
    assert contents(after) == contents(before)
    assert after.manifest.taken_at == before.manifest.taken_at
    assert after.manifest.server_version == "v1.32.1"
    assert after.manifest.cluster == "shop-test"
    kept = {key: after.logs.tail(key, 10**6).encode() for key in after.logs}
    previous = LogKey("shop", "cart-1", "cart", previous=True)
    web = LogKey("shop", "web-1", "web")
    assert kept == {key: LOGS[key] for key in (previous, web)}
    assert after.manifest.log_times
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(name)) == [name]


async def test_the_value_of_a_secret_is_never_written(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    cluster.objects.append(secret("login", "hunter2"))
    seen: list[bytes] = []

    def told(step: Step) -> None:
        seen.extend(p.read_bytes() for p in tmp_path.rglob("secrets.json"))

    await capture(client, start(client, tmp_path / "kept"), told=told)
    assert seen
    assert not [text for text in seen if b"aHVudGVyMg" in text]
    assert (tmp_path / "kept/objects/shop/secrets.json").exists()


async def test_what_is_forbidden_becomes_a_gap(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    cluster.forbidden.add("secrets")
    manifest = await capture(client, start(client, tmp_path / "kept"))
    (gap,) = manifest.gaps
    assert gap.what == "secrets"
    assert "forbidden" in gap.why
    raw = load(tmp_path / "kept")
    assert ("v1", "Secret") not in raw.objects
    assert raw.objects["v1", "ConfigMap"] == ()


async def test_when_nothing_may_be_read_nothing_is_left(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    cluster.forbidden.update(kind.plural for kind in cluster.served)
    with pytest.raises(Forbidden, match="Nothing could be read"):
        await capture(client, start(client, tmp_path / "kept"))
    assert not list(tmp_path.glob("kept*"))


async def test_only_the_named_namespaces_are_read(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    cluster.objects.append(pod("stranger") | {"metadata": {"name": "x", "namespace": "other"}})
    scope = Scope(namespaces=("shop", "empty"))
    await capture(client, start(client, tmp_path / "kept", scope))
    raw = load(tmp_path / "kept")
    assert {t["metadata"].get("namespace") for t in raw.objects["v1", "Pod"]} == {"shop"}
    assert raw.manifest.scope == scope
    assert cluster.asked(PODS) == 0


async def test_long_lists_come_page_by_page_and_an_expired_one_anew(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    cluster.objects += [pod(f"extra-{i:02}") for i in range(25)]
    cluster.page_most = 10
    cluster.trouble(PODS, Trouble(), Trouble(410, "the continue parameter is too old"))
    await capture(client, start(client, tmp_path / "kept"))
    assert len(load(tmp_path / "kept").objects["v1", "Pod"]) == 27


async def test_an_interrupted_capture_goes_on_where_it_was(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    def interrupt(step: Step) -> None:
        if step.done == 20:
            running.cancel()

    partial = start(client, tmp_path / "kept.zip")
    running = asyncio.create_task(capture(client, partial, told=interrupt))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not (tmp_path / "kept.zip").exists()
    begun = tmp_path / "kept.zip.partial/objects/shop/pods.json"
    begun.write_bytes(begun.read_bytes() if begun.exists() else b'{"cut')
    asked = len(cluster.requests)
    manifest = await capture(client, start(client, tmp_path / "kept.zip"))
    lists = [r.partition("?")[0] for r in cluster.requests if r.endswith("limit=500")]
    again = {path for path in lists if lists.count(path) > 1}
    assert len(again) <= 4  # those that were under way
    assert len(cluster.requests) < 2 * asked + 10
    assert any(gap.what == "one moment" for gap in manifest.gaps)
    assert len(load(tmp_path / "kept.zip").objects["v1", "Pod"]) == 2
    assert not (tmp_path / "kept.zip.partial").exists()


async def test_a_lost_cluster_leaves_the_part_that_was_read(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    cluster.trouble("/api/v1/services", Trouble(delay=3))
    with pytest.raises(ClusterUnreachable):
        await capture(client, start(client, tmp_path / "kept"))
    assert (tmp_path / "kept.partial").is_dir()
    await capture(client, start(client, tmp_path / "kept"))
    assert ("v1", "Service") in load(tmp_path / "kept").objects


def test_a_part_of_another_cluster_is_not_continued(tmp_path: Path) -> None:
    first = Partial(tmp_path / "kept", "https://one", Scope())
    first.done("shop/pods.json", 1)
    with pytest.raises(SnapshotError, match="a capture of https://one"):
        Partial(tmp_path / "kept", "https://two", Scope())
    (tmp_path / "other.partial").mkdir()
    (tmp_path / "other.partial/mine.txt").write_text("mine")
    with pytest.raises(SnapshotError, match="no capture that could be continued"):
        Partial(tmp_path / "other", "https://one", Scope())
    assert (tmp_path / "other.partial/mine.txt").exists()


async def test_a_hostile_namespace_names_no_file(
    cluster: ApiServer, client: Client, tmp_path: Path
) -> None:
    evil = pod("evil")
    evil["metadata"] = {"name": "evil", "namespace": "../../evil"}
    cluster.objects.append(evil)
    manifest = await capture(client, start(client, tmp_path / "deep/kept"))
    assert any("'../../evil'" in gap.why for gap in manifest.gaps)
    assert not list(tmp_path.rglob("*evil*"))


def test_each_kind_is_asked_for_once() -> None:
    def served_as(group: str, version: str, plural: str, kind: str, **more: Any) -> Resource:
        return Resource(
            group=group, version=version, plural=plural, kind=kind, namespaced=True, **more
        )

    core = served_as("", "v1", "events", "Event")
    old = served_as("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
    new = served_as("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
    first = served_as("acme.example", "v2", "widgets", "Widget")
    chosen = one_version_each(
        [
            core,
            served_as("events.k8s.io", "v1", "events", "Event"),
            old,
            new,
            first,
            served_as("acme.example", "v1", "widgets", "Widget"),
            served_as("", "v1", "bindings", "Binding", verbs=("create",)),
        ]
    )
    assert chosen == [core, new, first]


async def command(kubeconfig: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "workbench", "snapshot", *arguments),
        env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_command_saves_shows_and_survives_an_interruption(
    cluster: ApiServer, tmp_path: Path
) -> None:
    config, out = tmp_path / "config", tmp_path / "shop.zip"
    cluster.kubeconfig(config)
    cluster.trouble("/api/v1/services", Trouble(delay=30))
    process = await command(config, "save", str(out))
    while cluster.asked("/api/v1/services") == 0:  # noqa: ASYNC110 (another thread's)
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    assert process.returncode == 3
    assert b"the same command goes on" in said
    assert not out.exists()

    process = await command(config, "save", str(out))
    told, said = await process.communicate()
    assert process.returncode == 0, said
    assert said == b""
    assert b"shop.zip  test as of " in told
    assert zipfile.is_zipfile(out)
    assert out.stat().st_mode & 0o077 == 0

    told, _ = await (await command(config, "show", str(out))).communicate()
    assert b"2  Pod" in told
    assert b"v1.36.2" in told

    process = await command(config, "save", str(out))
    _, said = await process.communicate()
    assert process.returncode == 64
    assert b"is there already" in said
