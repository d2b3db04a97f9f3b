from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kubernetes.snapshots.serve.conftest import Kubectl
from workbench.core.objects import Node, Pod
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.typed import typed

FROZEN = "this is a frozen cluster, a snapshot of shop-test taken at 2026-03-01T12:00:00Z"


async def out(kubectl: Kubectl, *arguments: str) -> str:
    said = await kubectl(*arguments)
    assert said.code == 0, said.err
    return said.out


async def test_get_prints_ages_as_of_the_snapshot(kubectl: Kubectl) -> None:
    lines = (await out(kubectl, "get", "pods")).splitlines()
    assert lines[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert lines[1].split() == ["cart-1", "1/2", "CrashLoopBackOff", "4", "(30s", "ago)", "5m"]


async def test_get_wide_all_namespaces(kubectl: Kubectl) -> None:
    text = await out(kubectl, "get", "pods", "-A", "-o", "wide")
    assert "NOMINATED NODE" in text
    assert len(text.splitlines()) == 6


@pytest.mark.parametrize(
    "kind",
    ["deploy", "svc", "pvc", "job", "ing", "cm", "secret", "events", "wd", "nodes", "ns", "crd"],
)
async def test_short_names_find_every_kind(kubectl: Kubectl, kind: str) -> None:
    assert len((await out(kubectl, "get", kind)).splitlines()) >= 2


async def test_get_all_holds_custom_resources_of_the_category(kubectl: Kubectl) -> None:
    text = await out(kubectl, "get", "all", "-o", "name")
    assert {"pod/web-1", "deployment.apps/web", "widget.acme.example/first"} <= set(text.split())


async def test_yaml_and_json_are_the_object_itself(kubectl: Kubectl) -> None:
    body = json.loads(await out(kubectl, "get", "deploy", "web", "-o", "json"))
    assert (body["kind"], body["apiVersion"]) == ("Deployment", "apps/v1")
    assert "kind: Deployment" in await out(kubectl, "get", "deploy", "web", "-o", "yaml")


async def test_selectors_and_chunks(kubectl: Kubectl) -> None:
    assert await out(kubectl, "get", "pod", "-l", "app in (cart)", "-o", "name") == "pod/cart-1\n"
    chosen = ("--field-selector", "status.phase!=Running", "-o", "name")
    assert await out(kubectl, "get", "pod", *chosen) == "pod/search-1\n"
    chunked = await out(kubectl, "get", "pod", "--chunk-size=1", "-o", "name")
    assert len(chunked.split()) == 4


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("pod", "cart-1", "Back-off restarting failed container"),
        ("node", "node-1", "v1.32.1"),
        ("deployment", "web", "2 desired | 2 updated | 2 total | 1 available"),
        ("service", "web", "10.96.0.7"),
        ("pvc", "data", "fast"),
        ("job", "migrate", "1 Failed"),
        ("ingress", "shop", "shop.example.com"),
        ("secret", "login", "password:  7 bytes"),
        ("widget", "first", "Size:"),
        ("namespace", "shop", "Active"),
        ("configmap", "settings", "BinaryData"),
        ("replicaset", "web-5d8", "Controlled By:  Deployment/web"),
        ("crd", "widgets.acme.example", "Plural:"),
        ("event", "cart-1.1", "Back-off restarting"),
    ],
)
async def test_describe(kubectl: Kubectl, kind: str, name: str, says: str) -> None:
    assert says in await out(kubectl, "describe", kind, name)


async def test_logs(kubectl: Kubectl) -> None:
    assert await out(kubectl, "logs", "web-1", "--tail=1") == "line 9\n"
    assert await out(kubectl, "logs", "web-1", "--since=2m30s") == "line 8\nline 9\n"
    assert "line 0" in await out(kubectl, "logs", "-f", "web-1")
    previous = await out(kubectl, "logs", "cart-1", "-c", "cart", "-p", "--timestamps")
    assert previous == "2026-03-01T11:58:00Z panic: no database either\n"
    said = await kubectl("logs", "web-1", "--previous")
    assert 'previous terminated container "web" in pod "web-1" not found' in said.err


async def test_what_may_be_done(kubectl: Kubectl) -> None:
    assert (await kubectl("auth", "can-i", "list", "pods")).out == "yes\n"
    assert (await kubectl("auth", "can-i", "get", "pods/log")).out == "yes\n"
    said = await kubectl("auth", "can-i", "delete", "pods")
    assert (said.code, said.out.startswith(f"no - {FROZEN}")) == (1, True)
    assert "snapshot-reader" in await out(kubectl, "auth", "whoami")
    assert "[get list watch]" in await out(kubectl, "auth", "can-i", "--list")


async def test_api_resources_and_version(kubectl: Kubectl) -> None:
    text = await out(kubectl, "api-resources", "--verbs=list", "-o", "name")
    assert {"pods", "leases.coordination.k8s.io", "widgets.acme.example"} <= set(text.split())
    assert "Server Version: v1.32.1" in await out(kubectl, "version")


async def test_a_watch_shows_what_is_there_and_waits(kubectl: Kubectl) -> None:
    said = await kubectl("get", "pods", "-w", "--request-timeout=1s")
    assert "cart-1" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("delete", "pod", "web-1", "--wait=false"),
        ("scale", "deploy/web", "--replicas=3"),
        ("label", "pod", "web-1", "a=b"),
        ("create", "namespace", "new"),
        ("exec", "web-1", "--", "ls"),
        ("cordon", "node-1"),
    ],
)
async def test_every_change_is_refused_with_the_reason(
    kubectl: Kubectl, arguments: tuple[str, ...]
) -> None:
    said = await kubectl(*arguments)
    assert FROZEN in said.err


async def test_apply_is_refused_with_the_reason(kubectl: Kubectl) -> None:
    manifest = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}'
    said = await kubectl("apply", "-f", "-", stdin=manifest)
    assert FROZEN in said.err


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("pods", "the fields the workbench reads"),
        ("deployments.spec.template.spec.containers.image", "FIELD: image <string>"),
        ("nodes.status.conditions", "lastTransitionTime"),
        ("widgets", "A widget as acme makes them."),
        ("widgets.spec.size", "In inches."),
        ("leases", "metadata"),
    ],
)
async def test_explain(kubectl: Kubectl, what: str, says: str) -> None:
    assert says in " ".join((await out(kubectl, "explain", what)).replace("\t", " ").split())


async def test_explain_follows_every_field(kubectl: Kubectl) -> None:
    assert "readinessProbe" in await out(kubectl, "explain", "pods", "--recursive")


async def test_top_shows_what_was_measured(kubectl: Kubectl) -> None:
    assert (await out(kubectl, "top", "pods")).split()[-3:] == ["web-1", "100m", "64Mi"]
    assert "25%" in await out(kubectl, "top", "nodes")


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("jsonpath={.items[*].metadata.name}", "cart-1 search-1 web-1 web-2"),
        ("custom-columns=A:.metadata.name,B:.status.phase", "cart-1 Running"),
        ("go-template={{len .items}}", "4"),
        ("wide", "NOMINATED"),
        ("yaml", "kind: List"),
        ("name", "pod/cart-1"),
    ],
)
async def test_every_output(kubectl: Kubectl, output: str, says: str) -> None:
    assert says in " ".join((await out(kubectl, "get", "pods", "-o", output)).split())


async def test_logs_of_many_containers(kubectl: Kubectl) -> None:
    text = await out(
        kubectl, "logs", "-l", "app=web", "--all-containers", "--prefix", "--tail=1",
        "--ignore-errors",
    )  # fmt: skip
    assert "[pod/web-1/web] line 9" in text
    assert await out(kubectl, "logs", "deploy/web", "--tail=1") == "line 9\n"


async def test_events_of_one_object(kubectl: Kubectl) -> None:
    assert "BackOff" in await out(kubectl, "events", "--for", "pod/cart-1")
    assert "BackOff" in await out(kubectl, "get", "events", "--sort-by=.lastTimestamp")


async def test_rollouts(kubectl: Kubectl) -> None:
    assert "3" in (await out(kubectl, "rollout", "history", "deploy/web")).split()
    said = await kubectl("rollout", "status", "deploy/web", "--timeout=1s")
    assert "1 of 2 updated replicas are available" in said.out


async def test_wait_sees_what_holds_already(kubectl: Kubectl) -> None:
    text = await out(kubectl, "wait", "pod/web-1", "--for=condition=Ready", "--timeout=5s")
    assert "condition met" in text


async def test_what_the_cluster_is(kubectl: Kubectl) -> None:
    assert "metrics.k8s.io/v1beta1" in (await out(kubectl, "api-versions")).split()
    assert "is running at" in await out(kubectl, "cluster-info")


@pytest.mark.parametrize(
    "arguments",
    [
        ("exec", "web-1", "--", "ls"),
        ("port-forward", "web-1", "18080:80"),
        ("get", "--raw", "/api/v1/nodes/node-1/proxy/stats/summary"),
    ],
)
async def test_what_needs_a_process_says_that_none_runs(
    kubectl: Kubectl, arguments: tuple[str, ...]
) -> None:
    said = await kubectl(*arguments)
    assert f"{FROZEN}: nothing runs in it" in said.err


async def test_a_dump_by_kubectl_can_be_read_back(kubectl: Kubectl, tmp_path: Path) -> None:
    folder, stream = tmp_path / "dump", tmp_path / "dump.txt"
    await out(kubectl, "cluster-info", "dump", "-A", f"--output-directory={folder}")
    stream.write_text(await out(kubectl, "cluster-info", "dump", "-A"))
    for path in (folder, stream):
        cluster = typed(load(path))
        assert len(cluster.all(Pod)) == 5
        assert [n.name for n in cluster.all(Node)] == ["node-1"]
        assert cluster.log("shop", "web-1", "web").endswith("line 9\n")
