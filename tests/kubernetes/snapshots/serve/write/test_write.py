"""Writes in process: what an API server does by itself, and nothing more."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.kubernetes.snapshots.serve.write.conftest import Writable
from workbench.kubernetes.snapshots.serve.write.strategic import strategic

WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
MERGE = {"Content-Type": "application/merge-patch+json"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}


async def body(api: Writable, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(path)).json()
    return found


async def patch(api: Writable, path: str, tree: Any, **more: Any) -> Any:
    return await api.ask("PATCH", path, content=json.dumps(tree), **{"headers": MERGE, **more})


async def test_each_change_has_the_next_version_and_no_change_has_none(api: Writable) -> None:
    first = await body(api, WEB)
    second = (await patch(api, WEB, {"spec": {"replicas": 4}})).json()
    again = (await patch(api, WEB, {"spec": {"replicas": 4}})).json()
    versions = [int(t["metadata"]["resourceVersion"]) for t in (first, second, again)]
    assert versions[0] < versions[1] == versions[2]
    assert (await body(api, "/apis/apps/v1/deployments"))["metadata"]["resourceVersion"] == str(
        versions[1]
    )


async def test_a_frozen_cluster_still_takes_no_write() -> None:
    from tests.kubernetes.snapshots.serve.asking import Api

    answer = await Api().ask("PATCH", WEB, content="{}", headers=MERGE)
    assert (answer.status_code, answer.json()["reason"]) == (405, "MethodNotAllowed")


async def test_only_status_changes_status(api: Writable) -> None:
    status = {"status": {"readyReplicas": 9}}
    await patch(api, WEB, status)
    assert (await body(api, WEB))["status"]["readyReplicas"] == 1
    await patch(api, f"{WEB}/status", {**status, "spec": {"replicas": 9}})
    after = await body(api, WEB)
    assert (after["status"]["readyReplicas"], after["spec"]["replicas"]) == (9, 2)


async def test_fields_of_the_server_cannot_be_set(api: Writable) -> None:
    before = (await body(api, WEB))["metadata"]
    await patch(api, WEB, {"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}})
    assert (await body(api, WEB))["metadata"]["creationTimestamp"] == before["creationTimestamp"]
    wrong = await patch(api, WEB, {"metadata": {"uid": "another"}})
    assert (wrong.status_code, wrong.json()["reason"]) == (409, "Conflict")


@pytest.mark.parametrize("replicas", ["many", {"a": 1}])
async def test_a_wrong_type_is_a_bad_request(api: Writable, replicas: Any) -> None:
    answer = await patch(api, WEB, {"spec": {"replicas": replicas}})
    assert answer.status_code == 400
    assert "cannot be handled as a Deployment" in answer.json()["message"]


async def test_a_selector_never_changes(api: Writable) -> None:
    answer = await patch(api, WEB, {"spec": {"selector": {"matchLabels": {"app": "x"}}}})
    assert answer.status_code == 422
    assert "field is immutable" in answer.json()["message"]


async def test_finalizers_keep_an_object_until_they_are_gone(api: Writable) -> None:
    await patch(api, WEB, {"metadata": {"finalizers": ["acme/wait"]}})
    marked = (await api.ask("DELETE", WEB)).json()
    assert marked["metadata"]["deletionTimestamp"]
    assert (await api.get(WEB)).status_code == 200
    await patch(api, WEB, {"metadata": {"finalizers": None}})
    assert (await api.get(WEB)).status_code == 404


async def test_a_deletion_holds_to_its_preconditions(api: Writable) -> None:
    for wrong in ({"uid": "another"}, {"resourceVersion": "1"}):
        answer = await api.ask("DELETE", WEB, content=json.dumps({"preconditions": wrong}))
        assert answer.status_code == 409
        assert "Precondition failed" in answer.json()["message"]
    right = {"uid": (await body(api, WEB))["metadata"]["uid"]}
    answer = await api.ask("DELETE", WEB, content=json.dumps({"preconditions": right}))
    assert answer.status_code == 200


async def test_a_selected_few_are_deleted_together(api: Writable) -> None:
    pods = "/api/v1/namespaces/shop/pods"
    gone = await api.ask("DELETE", f"{pods}?labelSelector=app=cart&gracePeriodSeconds=0")
    assert gone.status_code == 200
    assert "cart-1" not in await api.names(pods)
    assert "web-1" in await api.names(pods)


async def test_an_object_in_a_namespace_that_is_not_there_is_not_made(api: Writable) -> None:
    tree = {"metadata": {"name": "x"}}
    answer = await api.ask("POST", "/api/v1/namespaces/nowhere/configmaps", json=tree)
    assert answer.status_code == 404
    assert 'namespaces "nowhere" not found' in answer.json()["message"]


async def test_names_are_made_up_on_request(api: Writable) -> None:
    path = "/api/v1/namespaces/shop/configmaps"
    made = (await api.ask("POST", path, json={"metadata": {"generateName": "job-"}})).json()
    assert made["metadata"]["name"].startswith("job-")
    assert made["metadata"]["name"] in await api.names(path)


async def test_apply_to_what_another_set_is_a_conflict_until_it_is_forced(api: Writable) -> None:
    path = f"{WEB}?fieldManager=me"
    wish = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 7}}
    refused = await patch(api, path, wish, headers=APPLY)
    assert (refused.status_code, refused.json()["reason"]) == (409, "Conflict")
    forced = (await patch(api, f"{path}&force=true", wish, headers=APPLY)).json()
    assert forced["spec"]["replicas"] == 7
    mine = [m for m in forced["metadata"]["managedFields"] if m["manager"] == "me"]
    assert mine[0]["operation"] == "Apply"
    assert mine[0]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


async def test_what_a_manager_applies_no_longer_goes(api: Writable) -> None:
    path = f"{WEB}?fieldManager=me"
    head = {"apiVersion": "apps/v1", "kind": "Deployment"}
    labels = {"metadata": {"labels": {"one": "1", "two": "2"}}}
    await patch(api, path, {**head, **labels}, headers=APPLY)
    fewer = {"metadata": {"labels": {"one": "1"}}}
    after = (await patch(api, path, {**head, **fewer}, headers=APPLY)).json()
    assert "two" not in after["metadata"]["labels"]
    assert after["metadata"]["labels"]["one"] == "1"


@pytest.mark.parametrize(
    ("query", "headers", "content", "code"),
    [
        ("", APPLY, "a: b", 400),
        ("?fieldManager=m", APPLY, "a: &x [1]\nb: *x", 400),
        ("?fieldManager=m", APPLY, "[", 400),
        ("?dryRun=some", MERGE, "{}", 422),
        ("", MERGE, "[]", 400),
        ("", {"Content-Type": "application/json-patch+json"}, "{}", 400),
        ("", {"Content-Type": "application/json-patch+json"}, '[{"op":"x"}]', 422),
        ("", {"Content-Type": "application/strategic-merge-patch+json"}, '{"$patch":"x"}', 400),
        ("", MERGE, '{"metadata": null}', 422),
        ("", MERGE, '{"metadata": {"name": "other"}}', 400),
        ("", MERGE, " " * (3 * 2**20 + 1), 413),
    ],
)
async def test_a_bad_write_is_refused_in_words(
    api: Writable, query: str, headers: dict[str, str], content: str, code: int
) -> None:
    answer = await api.ask("PATCH", f"{WEB}{query}", content=content, headers=headers)
    assert (answer.status_code, answer.json()["kind"]) == (code, "Status")


async def test_a_watch_tells_what_happens(api: Writable) -> None:
    version = (await body(api, "/apis/apps/v1/deployments"))["metadata"]["resourceVersion"]
    watch = f"/apis/apps/v1/deployments?watch=true&timeoutSeconds=1&resourceVersion={version}"
    told = asyncio.create_task(api.get(f"{watch}&labelSelector=tier=front"))
    await asyncio.sleep(0.1)
    await patch(api, WEB, {"metadata": {"labels": {"tier": "front"}}})
    await patch(api, WEB, {"spec": {"replicas": 5}})
    await patch(api, WEB, {"metadata": {"labels": {"tier": "back"}}})
    lines = [json.loads(line) for line in (await told).text.splitlines()]
    assert [line["type"] for line in lines] == ["ADDED", "MODIFIED", "DELETED"]


@pytest.mark.parametrize(
    ("original", "change", "after"),
    [
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"$patch": "replace", "d": 3}}, {"a": {"d": 3}}),
        ({"a": {"b": 1}}, {"a": {"$patch": "delete"}}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"$retainKeys": ["b"], "b": 3}}, {"a": {"b": 3}}),
        (
            {"containers": [{"name": "a", "image": "1"}, {"name": "b"}]},
            {"containers": [{"name": "a", "image": "2"}]},
            {"containers": [{"name": "a", "image": "2"}, {"name": "b"}]},
        ),
        (
            {"containers": [{"name": "a"}, {"name": "b"}]},
            {"containers": [{"name": "a", "$patch": "delete"}]},
            {"containers": [{"name": "b"}]},
        ),
        (
            {"containers": [{"name": "a"}]},
            {"containers": [{"$patch": "replace"}, {"name": "z"}]},
            {"containers": [{"name": "z"}]},
        ),
        ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
        ({"finalizers": ["a"]}, {"finalizers": ["b"]}, {"finalizers": ["a", "b"]}),
        (
            {"finalizers": ["a", "b"]},
            {"$deleteFromPrimitiveList/finalizers": ["a"]},
            {"finalizers": ["b"]},
        ),
        (
            {"volumes": [{"name": "a"}, {"name": "b"}]},
            {"$setElementOrder/volumes": [{"name": "b"}, {"name": "a"}]},
            {"volumes": [{"name": "b"}, {"name": "a"}]},
        ),
    ],
)  # fmt: skip
def test_strategic_merge_follows_its_directives(original: Any, change: Any, after: Any) -> None:
    assert strategic(original, change) == after
