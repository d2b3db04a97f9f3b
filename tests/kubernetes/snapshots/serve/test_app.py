from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from tests.kubernetes.snapshots.serve.asking import TABLE, Api
from tests.kubernetes.snapshots.shop import obj, pod, snapshot
from workbench.kubernetes.snapshots.raw import RawSnapshot

PODS = "/api/v1/namespaces/shop/pods"


@pytest.fixture
def api() -> Api:
    return Api()


async def test_lists_are_of_one_namespace_or_of_all(api: Api) -> None:
    assert await api.names(PODS) == ["cart-1", "search-1", "web-1", "web-2"]
    assert await api.names("/api/v1/pods") == ["web-1", "cart-1", "search-1", "web-1", "web-2"]
    assert await api.names("/api/v1/namespaces/nowhere/pods") == []
    assert await api.names("/apis/storage.k8s.io/v1/csidrivers") == []


async def test_an_object_is_found_by_name_or_not_found(api: Api) -> None:
    assert (await api.get(f"{PODS}/web-1")).json()["metadata"]["name"] == "web-1"
    answer = await api.get("/apis/apps/v1/namespaces/shop/deployments/nosuch")
    assert answer.status_code == 404
    assert answer.json() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'deployments.apps "nosuch" not found',
        "reason": "NotFound",
        "details": {"name": "nosuch", "group": "apps", "kind": "deployments"},
        "code": 404,
    }


@pytest.mark.parametrize(
    "path",
    ["/api/v1/gizmos", "/api/v1/pods/web-1", "/api/v1/namespaces/shop/nodes", f"{PODS}/a/b/c"],
)
async def test_what_is_not_served_is_a_404_status(api: Api, path: str) -> None:
    answer = await api.get(path)
    assert answer.status_code == 404
    assert answer.json()["message"] == "the server could not find the requested resource"


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("app=web", "web-1 web-2"),
        ("app==web,tier=front", "web-1 web-2"),
        ("app!=web", "cart-1 search-1"),
        ("app in (web, cart)", "cart-1 web-1 web-2"),
        ("app notin (web)", "cart-1 search-1"),
        ("app", "cart-1 web-1 web-2"),
        ("!app", "search-1"),
        ("app in ()", ""),
        ("in=web", ""),
        ("app>1", ""),
        ("", "cart-1 search-1 web-1 web-2"),
        (" app = cart ", "cart-1"),
    ],
)
async def test_label_selectors(api: Api, selector: str, found: str) -> None:
    assert await api.names(f"{PODS}?labelSelector={quote(selector)}") == found.split()


UNPARSABLE = (
    "app===x",
    "app in web",
    "=x",
    ",",
    "app,",
    "app in (a",
    "a b",
    "-x",
    "a=b c",
    "a>b",
    "(",
    "!",
    "/a",
    "a/b/c",
    f"a={'x' * 64}",
)


@pytest.mark.parametrize("selector", UNPARSABLE)
async def test_a_label_selector_that_cannot_be_parsed_is_a_bad_request(
    api: Api, selector: str
) -> None:
    answer = await api.get(f"{PODS}?labelSelector={quote(selector)}")
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("path", "selector", "found"),
    [
        (PODS, "status.phase=Pending", "search-1"),
        (PODS, "status.phase!=Running", "search-1"),
        (PODS, "spec.nodeName=node-1,metadata.name=web-2", "web-2"),
        (PODS, "spec.hostNetwork=false", "cart-1 search-1 web-1 web-2"),
        ("/api/v1/pods", "metadata.namespace=other", "web-1"),
        ("/api/v1/nodes", "spec.unschedulable=false", "node-1"),
        ("/api/v1/events", "involvedObject.name=cart-1,type=Warning", "cart-1.1"),
        ("/api/v1/secrets", "type=Opaque", "login"),
        ("/apis/batch/v1/jobs", "status.successful=0", "migrate"),
        ("/apis/acme.example/v1/widgets", "metadata.name=first", "first"),
    ],
)
async def test_field_selectors(api: Api, path: str, selector: str, found: str) -> None:
    assert await api.names(f"{path}?fieldSelector={quote(selector)}") == found.split()


@pytest.mark.parametrize("selector", ["spec.nosuch=1", "status.phase", "a=b=c", "x\\y=1"])
async def test_a_field_selector_that_cannot_be_served_is_a_bad_request(
    api: Api, selector: str
) -> None:
    answer = await api.get(f"{PODS}?fieldSelector={quote(selector)}")
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest")


async def test_a_long_list_comes_in_pieces(api: Api) -> None:
    first = (await api.get("/api/v1/pods?limit=2")).json()
    assert first["metadata"]["remainingItemCount"] == 3
    token = first["metadata"]["continue"]
    rest = (await api.get(f"/api/v1/pods?limit=9&continue={token}")).json()
    assert "continue" not in rest["metadata"]
    assert len(first["items"]) + len(rest["items"]) == 5


@pytest.mark.parametrize(("token", "status"), [("garbage", 400), ("é", 400), ("e30", 400)])
async def test_a_bad_continue_token_is_refused(api: Api, token: str, status: int) -> None:
    assert (await api.get(f"{PODS}?limit=1&continue={quote(token)}")).status_code == status


async def test_a_continue_token_of_another_snapshot_has_expired(api: Api) -> None:
    token = (await api.get("/api/v1/pods?limit=2")).json()["metadata"]["continue"]
    other = Api(snapshot(pod("newer", version=999)))
    answer = await other.get(f"/api/v1/pods?limit=2&continue={token}")
    assert (answer.status_code, answer.json()["reason"]) == (410, "Expired")


@pytest.mark.parametrize("query", ["limit=x", "resourceVersion=x", "resourceVersionMatch=Exact"])
async def test_bad_list_parameters_are_bad_requests(api: Api, query: str) -> None:
    assert (await api.get(f"{PODS}?{query}")).status_code == 400


async def test_tables_print_what_kubectl_prints(api: Api) -> None:
    rows = {r[0]: r for r in await api.table(PODS)}
    assert rows["cart-1"][:5] == ["cart-1", "1/2", "CrashLoopBackOff", "4 (30s ago)", "5m"]
    assert rows["web-1"][:5] == ["web-1", "1/1", "Running", "0", "5m"]
    assert await api.table("/apis/apps/v1/deployments") == [
        ["web", "1/2", 2, 1, "5m", "web", "nginx:1.27", "app=web"]
    ]
    assert (await api.table("/api/v1/nodes"))[0][:5] == [
        "node-1",
        "Ready",
        "worker",
        "5m",
        "v1.32.1",
    ]
    assert (await api.table("/api/v1/events"))[0][:4] == [
        "60s",
        "Warning",
        "BackOff",
        "pod/cart-1",
    ]


async def test_a_custom_resource_prints_the_columns_of_its_definition(api: Api) -> None:
    assert await api.table("/apis/acme.example/v1/widgets") == [["first", 3, "True", "5m"]]


async def test_include_object_decides_what_a_row_carries(api: Api) -> None:
    kinds = {}
    for include in ("None", "Metadata", "Object", ""):
        body = (await api.get(f"{PODS}/web-1?includeObject={include}", TABLE)).json()
        kinds[include] = body["rows"][0].get("object", {}).get("kind")
    assert kinds == {
        "None": None,
        "Metadata": "PartialObjectMetadata",
        "Object": "Pod",
        "": "PartialObjectMetadata",
    }


async def test_the_first_acceptable_media_type_is_served(api: Api) -> None:
    several = "application/vnd.kubernetes.protobuf,application/json"
    assert (await api.get(PODS, several)).json()["kind"] == "PodList"
    assert (await api.get(PODS, "*/*")).json()["kind"] == "PodList"
    refused = await api.get(PODS, "application/vnd.kubernetes.protobuf")
    assert (refused.status_code, refused.json()["reason"]) == (406, "NotAcceptable")
    partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    body = (await api.get(PODS, partial)).json()
    assert (body["kind"], set(body["items"][0])) == (
        "PartialObjectMetadataList",
        {"kind", "apiVersion", "metadata"},
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_changed(api: Api, method: str) -> None:
    answer = await api.ask(method, f"{PODS}/web-1", json={})
    assert answer.status_code == 405
    assert "frozen cluster" in answer.json()["message"]
    assert await api.names(PODS) == ["cart-1", "search-1", "web-1", "web-2"]


@pytest.mark.parametrize("below", ["exec", "attach", "portforward", "proxy"])
async def test_nothing_in_a_pod_can_be_reached(api: Api, below: str) -> None:
    assert (await api.get(f"{PODS}/web-1/{below}")).status_code == 405


async def test_scale_and_status_can_be_read(api: Api) -> None:
    base = "/apis/apps/v1/namespaces/shop/deployments/web"
    scale = (await api.get(f"{base}/scale")).json()
    assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == (
        "Scale",
        {"replicas": 2},
        "app=web",
    )
    assert (await api.get(f"{base}/status")).json()["kind"] == "Deployment"
    assert (await api.get(f"{base}/nosuch")).status_code == 404


@pytest.mark.parametrize("path", ["/version/", "/api/", "/apis/", "/apis/apps/v1/", PODS + "/"])
async def test_a_last_slash_does_not_matter(api: Api, path: str) -> None:
    assert (await api.get(path)).status_code == 200


async def test_discovery_names_built_in_and_custom_resources(api: Api) -> None:
    groups = {g["name"] for g in (await api.get("/apis")).json()["groups"]}
    assert {"apps", "batch", "acme.example", "serving.knative.dev"} <= groups
    widgets = (await api.get("/apis/acme.example/v1")).json()["resources"]
    assert widgets == [
        {
            "name": "widgets",
            "singularName": "widget",
            "namespaced": True,
            "kind": "Widget",
            "verbs": ["get", "list", "watch"],
            "shortNames": ["wd"],
            "categories": ["all"],
        }
    ]
    assert (await api.get("/apis/no.such/v1")).status_code == 404
    assert (await api.get("/apis/acme.example")).json()["preferredVersion"]["version"] == "v1"


async def test_metrics_are_served_only_where_the_snapshot_holds_them(api: Api) -> None:
    assert await api.names("/apis/metrics.k8s.io/v1beta1/pods") == ["web-1"]
    held = snapshot()
    without = {k: v for k, v in held.objects.items() if k[0] != "metrics.k8s.io/v1beta1"}
    api = Api(RawSnapshot(held.manifest, without))
    assert (await api.get("/apis/metrics.k8s.io/v1beta1")).status_code == 404


async def test_a_kind_held_in_an_older_version_is_served_in_that_one() -> None:
    api = Api(snapshot(obj("autoscaling/v1", "HorizontalPodAutoscaler", "web", "shop")))
    group = (await api.get("/apis/autoscaling")).json()
    assert group["preferredVersion"]["version"] == "v1"
    path = "/apis/autoscaling/v1/horizontalpodautoscalers"
    assert await api.names(path) == ["web"]


async def test_events_of_the_newer_group_are_served_where_clients_look() -> None:
    event = obj("events.k8s.io/v1", "Event", "new", "other", note="hello", reason="Test")
    rows = await Api(snapshot(event)).table("/api/v1/namespaces/other/events")
    assert rows[0][6] == "hello"


async def review(api: Api, group: str, resource: str, spec: Any) -> Any:
    answer = await api.ask("POST", f"/apis/{group}/v1/{resource}", json={"spec": spec})
    assert answer.status_code == 201
    return answer.json()["status"]


@pytest.mark.parametrize(
    ("attributes", "allowed"),
    [
        ({"verb": "list", "resource": "pods"}, True),
        ({"verb": "get", "resource": "pods", "subresource": "log"}, True),
        ({"verb": "get", "resource": "pods", "subresource": "exec"}, False),
        ({"verb": "delete", "resource": "pods"}, False),
        ({"verb": "*", "resource": "*"}, False),
        ({}, False),
    ],
)
async def test_reading_is_allowed_and_changing_is_not(
    api: Api, attributes: Any, allowed: bool
) -> None:
    spec = {"resourceAttributes": attributes}
    status = await review(api, "authorization.k8s.io", "selfsubjectaccessreviews", spec)
    assert status["allowed"] is allowed
    assert ("frozen cluster" in status["reason"]) is not allowed


@pytest.mark.parametrize("body", [b"{", b"k8s\x00\xff\xff", b"k8s\x00\x12\xff", b"[[" * 5000, b"3"])
async def test_a_review_that_is_none_is_a_bad_request_or_denied(api: Api, body: bytes) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await api.ask("POST", path, content=body)
    assert answer.status_code == 400 or answer.json()["status"]["allowed"] is False


async def watched(api: Api, query: str, accept: str = "application/json") -> list[Any]:
    answer = await api.get(f"{PODS}?watch=true&timeoutSeconds=1&{query}", accept)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_watch_begins_with_what_is_there(api: Api) -> None:
    events = await watched(api, "labelSelector=app%3Dweb")
    assert [(e["type"], e["object"]["metadata"]["name"]) for e in events] == [
        ("ADDED", "web-1"),
        ("ADDED", "web-2"),
    ]


async def test_a_watch_from_a_version_tells_only_what_is_newer(api: Api) -> None:
    assert await watched(api, "resourceVersion=21") == []
    events = await watched(api, "resourceVersion=20")
    assert [e["object"]["metadata"]["name"] for e in events] == ["search-1"]
    (gone,) = await watched(api, "resourceVersion=1")
    assert (gone["type"], gone["object"]["code"]) == ("ERROR", 410)


async def test_a_streaming_list_ends_with_a_bookmark(api: Api) -> None:
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    events = await watched(api, query)
    assert [e["type"] for e in events] == ["ADDED"] * 4 + ["BOOKMARK"]
    notes = events[-1]["object"]["metadata"]["annotations"]
    assert notes == {"k8s.io/initial-events-end": "true"}


async def test_a_watch_stays_open_until_its_time_is_over(api: Api) -> None:
    started = time.monotonic()
    await watched(api, "resourceVersion=21")
    assert time.monotonic() - started >= 0.9


async def test_a_watch_can_be_of_tables(api: Api) -> None:
    events = await watched(api, "fieldSelector=metadata.name%3Dweb-1", TABLE)
    assert events[0]["object"]["rows"][0]["cells"][0] == "web-1"


async def test_odd_objects_are_served_not_tripped_over() -> None:
    odd: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {}},
        pod("odd", spec=3, status=[1]),
        obj("apps/v1", "Deployment", "odd", "shop", spec={"selector": 3, "template": []}),
        obj("v1", "Service", "odd", "shop", spec={"ports": {"a": 1}, "externalIPs": [None]}),
        obj("v1", "Node", "odd", status={"conditions": 3, "addresses": [1]}),
        obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", "odd", spec={"versions": 3}),
        obj("autoscaling/v2", "HorizontalPodAutoscaler", "odd", "shop", spec={"metrics": [{}]}),
    ]
    odd[1]["metadata"]["labels"] = {"app": 7}
    odd[1]["metadata"]["resourceVersion"] = "٣"
    api = Api(snapshot(*odd))
    for path in ("/api/v1/pods", "/apis/apps/v1/deployments", "/api/v1/services", "/api/v1/nodes"):
        assert await api.table(f"{path}?labelSelector=app!%3Dx")
    assert await api.table("/apis/autoscaling/v2/horizontalpodautoscalers")


async def test_an_empty_snapshot_is_an_empty_cluster() -> None:
    api = Api(RawSnapshot(snapshot().manifest))
    assert await api.names("/api/v1/pods") == []
    assert (await api.get("/apis")).status_code == 200
