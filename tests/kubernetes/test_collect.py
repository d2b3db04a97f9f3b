from __future__ import annotations

from typing import Any

import pytest

from tests.kubernetes.objects import meta, pod
from tests.support.api_server import ApiServer, Served, Trouble
from workbench.core.cluster import ClusterSnapshot, Scope
from workbench.core.objects import Event, Namespace, Node, Pod, PodMetrics, Secret, Service
from workbench.errors import ClusterError, Forbidden
from workbench.kubernetes.client import Client
from workbench.kubernetes.collect import CUSTOM_OBJECTS_MOST, CUSTOMS_MOST, collect

PODS = "/api/v1/pods"


def whys(snapshot: ClusterSnapshot) -> dict[str, str]:
    return {gap.what: gap.why for gap in snapshot.gaps}


async def test_everything_served_is_read(cluster: ApiServer, client: Client) -> None:
    cluster.headers["Workbench-Now"] = "2026-11-22T11:00:00Z"
    snapshot = await collect(client, Scope())
    assert len(snapshot.all(Pod)) == 2
    assert [n.name for n in snapshot.all(Node)] == ["worker-1"]
    assert snapshot.objects["ConfigMap"] == ()
    assert snapshot.gaps == ()
    assert (snapshot.cluster, snapshot.server_version) == ("test", "v1.36.2")
    assert snapshot.taken_at.isoformat() == "2026-11-22T11:00:00+00:00"


async def test_long_lists_are_read_page_by_page(cluster: ApiServer, client: Client) -> None:
    cluster.objects += [pod(f"extra-{i}") for i in range(25)]
    cluster.page_most = 10
    snapshot = await collect(client, Scope(), [Pod])
    assert len({p.name for p in snapshot.all(Pod)}) == 27
    assert cluster.asked(PODS) == 3


async def test_an_expired_page_starts_the_list_anew(cluster: ApiServer, client: Client) -> None:
    cluster.trouble(PODS, Trouble(410, "the provided continue parameter is too old"))
    cluster.page_most = 1
    snapshot = await collect(client, Scope(), [Pod])
    assert len(snapshot.all(Pod)) == 2
    assert cluster.requests[-1] == PODS


async def test_a_forbidden_read_becomes_a_gap(cluster: ApiServer, client: Client) -> None:
    cluster.forbidden.add("secrets")
    snapshot = await collect(client, Scope())
    assert "Secret" not in snapshot.objects
    assert whys(snapshot)["secrets"].startswith("forbidden: ")


async def test_a_read_that_hangs_becomes_a_gap(cluster: ApiServer, client: Client) -> None:
    cluster.trouble(PODS, Trouble(delay=30.0))
    snapshot = await collect(client, Scope(), [Pod, Node])
    assert snapshot.all(Node)
    assert "no answer" in whys(snapshot)["pods"]


async def test_a_read_that_fails_becomes_a_gap(cluster: ApiServer, client: Client) -> None:
    cluster.trouble(PODS, Trouble(500, "etcdserver: request timed out"))
    snapshot = await collect(client, Scope(), [Pod, Node])
    assert "etcdserver" in whys(snapshot)["pods"]


async def test_namespaces_are_listed_one_by_one(cluster: ApiServer, client: Client) -> None:
    cluster.objects.append({**pod("elsewhere"), "metadata": meta("elsewhere", "data")})
    cluster.forbidden |= {"pods", "data/pods"}
    snapshot = await collect(client, Scope(namespaces=("data",)), [Pod, Node])
    assert whys(snapshot).keys() == {"pods in data"}
    cluster.forbidden.clear()
    snapshot = await collect(client, Scope(namespaces=("data",)), [Pod])
    assert [p.name for p in snapshot.all(Pod)] == ["elsewhere"]


async def test_only_own_namespaces_are_read_where_the_list_is_forbidden(
    cluster: ApiServer, client: Client
) -> None:
    cluster.trouble("/api/v1/namespaces", Trouble(403, "not the list"))
    snapshot = await collect(client, Scope(namespaces=("shop",)), [Namespace])
    assert [n.name for n in snapshot.all(Namespace)] == ["shop"]
    assert snapshot.gaps == ()


async def test_nothing_at_all_to_be_read_is_an_error(cluster: ApiServer, client: Client) -> None:
    cluster.forbidden |= {"pods", "nodes"}
    with pytest.raises(Forbidden) as caught:
        await collect(client, Scope(), [Pod, Node])
    assert "Name the namespaces" in caught.value.hint


async def test_something_else_at_the_address_is_an_error(
    cluster: ApiServer, client: Client
) -> None:
    cluster.trouble("/api", Trouble(302))
    with pytest.raises(ClusterError):
        await collect(client, Scope(), [Pod])


async def test_no_value_of_a_secret_is_kept(client: Client) -> None:
    snapshot = await collect(client, Scope(), [Secret])
    (secret,) = snapshot.all(Secret)
    assert secret.data == {"password": len("correct horse battery")}
    assert "last-applied" not in str(secret)


async def test_only_recent_events_are_kept(cluster: ApiServer, client: Client) -> None:
    cluster.headers["Workbench-Now"] = "2026-11-22T11:00:00Z"
    snapshot = await collect(client, Scope(since=300), [Event])
    assert [e.reason for e in snapshot.all(Event)] == ["BackOff"]


async def test_an_odd_field_is_noted_and_hides_nothing(cluster: ApiServer, client: Client) -> None:
    odd = pod("odd")
    odd["spec"]["nodeName"] = ["not", "a", "name"]
    cluster.objects.append(odd)
    snapshot = await collect(client, Scope(), [Pod])
    assert len(snapshot.all(Pod)) == 3
    assert [gap.why for gap in snapshot.gaps] == ["unreadable"]


def widget(name: str, **fields: Any) -> dict[str, Any]:
    ready = {"type": "Ready", "status": "False", "reason": "Broken"}
    return {
        "apiVersion": "example.com/v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "status": {"conditions": [ready]},
        **fields,
    }


async def test_custom_resources_are_read_beside_the_built_in_of_their_name(
    cluster: ApiServer, client: Client
) -> None:
    cluster.served.append(Served("example.com/v1", "services", "Service"))
    cluster.objects.append(widget("w"))
    snapshot = await collect(client, Scope(), custom=True)
    (found,) = snapshot.customs()
    assert (found.kind, found.name, found.status.conditions[0].reason) == ("Service", "w", "Broken")
    assert snapshot.all(Service) == ()
    assert not list((await collect(client, Scope())).customs())


async def test_of_many_custom_objects_only_the_first_are_read(
    cluster: ApiServer, client: Client
) -> None:
    cluster.served.append(Served("example.com/v1", "widgets", "Service"))
    cluster.objects += [widget(f"w-{i}") for i in range(CUSTOM_OBJECTS_MOST + 1)]
    snapshot = await collect(client, Scope(), custom=True)
    assert len(list(snapshot.customs())) == CUSTOM_OBJECTS_MOST
    assert any(gap.what == "widgets beyond the first 500" for gap in snapshot.gaps)


async def test_a_forbidden_custom_kind_becomes_a_gap(cluster: ApiServer, client: Client) -> None:
    cluster.served.append(Served("example.com/v1", "widgets", "Widget"))
    cluster.forbidden.add("widgets")
    snapshot = await collect(client, Scope(), custom=True)
    assert "widgets" in {gap.what for gap in snapshot.gaps}


async def test_of_many_custom_kinds_the_rest_is_a_gap(cluster: ApiServer, client: Client) -> None:
    kinds = [Served("example.com/v1", f"kind{i}s", f"Kind{i}") for i in range(CUSTOMS_MOST + 1)]
    cluster.served += kinds
    snapshot = await collect(client, Scope(), custom=True)
    assert any(gap.what == f"{kinds[-1].plural}.example.com" for gap in snapshot.gaps)
    assert cluster.asked("/apis/example.com/v1/kind0s") == 1
    assert cluster.asked(f"/apis/example.com/v1/{kinds[-1].plural}") == 0


MEASURED = Served("metrics.k8s.io/v1beta1", "pods", "PodMetrics")
USED = {
    "apiVersion": "metrics.k8s.io/v1beta1",
    "kind": "PodMetrics",
    "metadata": meta("web-1a-x"),
    "containers": [{"name": "app", "usage": {"cpu": "100m", "memory": "64Mi"}}],
}


async def test_what_pods_use_is_read_where_it_is_measured(
    cluster: ApiServer, client: Client
) -> None:
    cluster.served.append(MEASURED)
    cluster.objects.append(USED)
    snapshot = await collect(client, Scope())
    (found,) = snapshot.all(PodMetrics)
    assert found.containers[0].usage == {"cpu": "100m", "memory": "64Mi"}
    assert len(snapshot.all(Pod)) == 2


async def test_where_nothing_measures_nothing_is_missed(client: Client) -> None:
    snapshot = await collect(client, Scope())
    assert PodMetrics.KIND not in snapshot.objects
    assert snapshot.gaps == ()


async def test_measurements_that_fail_are_a_gap_of_their_own_name(
    cluster: ApiServer, client: Client
) -> None:
    cluster.served.append(MEASURED)
    cluster.trouble("/apis/metrics.k8s.io/v1beta1/pods", Trouble(503, "no metrics yet"))
    snapshot = await collect(client, Scope())
    assert "no metrics yet" in whys(snapshot)["pods.metrics.k8s.io"]
