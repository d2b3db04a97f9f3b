from __future__ import annotations

import json

import pytest

from tests.kubernetes.snapshots.serve.conftest import Kubectl

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
