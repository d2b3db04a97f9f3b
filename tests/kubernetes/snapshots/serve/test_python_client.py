"""The served API with the official Python client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.snapshots.serve.test_kubectl import FROZEN

kubernetes = pytest.importorskip("kubernetes", reason="the kubernetes package is not installed")


async def asked(kubeconfig: Path, work: Callable[[Any], Any]) -> Any:
    """The outcome of ``work`` with a client, in a thread: the client blocks."""

    def run() -> Any:
        with kubernetes.config.new_client_from_config(str(kubeconfig)) as client:
            return work(client)

    return await asyncio.to_thread(run)


async def test_typed_lists_and_objects(kubeconfig: Path) -> None:
    def work(client: Any) -> Any:
        core, apps = kubernetes.client.CoreV1Api(client), kubernetes.client.AppsV1Api(client)
        chosen = {"namespace": "shop", "label_selector": "app=web", "limit": 1}
        pods = core.list_namespaced_pod(**chosen)
        rest = core.list_namespaced_pod(**chosen, _continue=pods.metadata._continue)
        return pods, rest, apps.read_namespaced_deployment("web", "shop"), core.list_node()

    pods, rest, deployment, nodes = await asked(kubeconfig, work)
    assert [p.metadata.name for p in (*pods.items, *rest.items)] == ["web-1", "web-2"]
    assert deployment.status.available_replicas == 1
    assert nodes.items[0].status.capacity["cpu"] == "4"


async def test_logs_versions_and_reviews(kubeconfig: Path) -> None:
    def work(client: Any) -> Any:
        core = kubernetes.client.CoreV1Api(client)
        log = core.read_namespaced_pod_log("web-1", "shop", tail_lines=1)
        return log, kubernetes.client.VersionApi(client).get_code().git_version

    assert await asked(kubeconfig, work) == ("line 9\n", "v1.32.1")


async def test_a_watch_ends_when_it_was_told_to(kubeconfig: Path) -> None:
    def work(client: Any) -> Any:
        core, watch = kubernetes.client.CoreV1Api(client), kubernetes.watch.Watch()
        stream = watch.stream(core.list_namespaced_pod, "shop", timeout_seconds=1)
        return [(e["type"], e["object"].metadata.name) for e in stream]

    assert ("ADDED", "cart-1") in await asked(kubeconfig, work)


async def test_the_dynamic_client_finds_custom_resources(kubeconfig: Path) -> None:
    def work(client: Any) -> Any:
        dynamic = kubernetes.dynamic.DynamicClient(client)
        widgets = dynamic.resources.get(api_version="acme.example/v1", kind="Widget")
        return [w.spec.size for w in widgets.get(namespace="shop").items]

    assert await asked(kubeconfig, work) == [3]


async def test_a_change_is_refused_with_the_reason(kubeconfig: Path) -> None:
    def work(client: Any) -> Any:
        with pytest.raises(kubernetes.client.ApiException) as refused:
            kubernetes.client.CoreV1Api(client).delete_namespaced_pod("web-1", "shop")
        return refused.value

    error = await asked(kubeconfig, work)
    assert error.status == 405
    assert FROZEN in error.body
