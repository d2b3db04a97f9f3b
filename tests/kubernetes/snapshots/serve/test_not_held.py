"""Kinds that a List does not hold: served empty, and said to be unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kubernetes.snapshots.serve.asking import Api
from workbench.analyzers import analyze
from workbench.core.cluster import EVERYTHING, Scope
from workbench.core.scoping import check_namespaces
from workbench.errors import UsageError
from workbench.kubernetes.client import open_client
from workbench.kubernetes.collect import collect
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.serve.server import served
from workbench.kubernetes.snapshots.typed import typed

INGRESS = """{"kind": "List", "apiVersion": "v1", "items": [
  {"kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
   "metadata": {"name": "web", "namespace": "shop"},
   "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["shop.example"], "secretName": "tls"}]}}
]}"""


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "shop.json"
    path.write_text(INGRESS)
    return path


async def test_the_version_names_kinds_of_which_nothing_is_known(dump: Path) -> None:
    unknown = (await Api(load(dump)).get("/version")).json()["notHeld"]
    assert "networking.k8s.io/v1/IngressClass" in unknown
    assert "networking.k8s.io/v1/Ingress" not in unknown
    assert "notHeld" not in (await Api().get("/version")).json()


async def test_what_a_list_leaves_out_is_not_said_to_be_missing(dump: Path, tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    async with served(load(dump), kubeconfig=config):
        client = await open_client(str(config))
        try:
            found = await collect(client, EVERYTHING)
        finally:
            await client.close()
    assert "Ingress" in found.objects
    assert not {"IngressClass", "Secret"} & found.objects.keys()
    assert not [f for f in analyze(found, found.taken_at).findings if "does not exist" in f.message]


CALLER = """{"kind": "List", "apiVersion": "v1", "items": [
  {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web", "namespace": "shop"},
   "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
     "metadata": {"labels": {"app": "web"}},
     "spec": {"containers": [{"name": "web", "image": "web:1",
     "env": [{"name": "PAY_URL", "value": "http://pay.payments.svc.cluster.local:80"}]}]}}}},
  {"kind": "Pod", "apiVersion": "v1",
   "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
   "spec": {"containers": [{"name": "web", "image": "web:1",
     "env": [{"name": "PAY_URL", "value": "http://pay.payments.svc.cluster.local:80"}]}]},
   "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
     "containerStatuses": [{"name": "web", "ready": false, "restartCount": 0, "image": "web:1",
       "imageID": "", "state": {"running": {"startedAt": "2026-03-01T11:00:00Z"}}}]}},
  {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "web", "namespace": "%s"},
   "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
]}"""


@pytest.mark.parametrize(("other", "missed"), [("shop", False), ("kube-system", True)])
async def test_a_list_of_one_namespace_says_nothing_about_the_others(
    tmp_path: Path, other: str, missed: bool
) -> None:
    (path := tmp_path / "shop.json").write_text(CALLER % other)
    raw, config = load(path), tmp_path / "kubeconfig"
    async with served(raw, kubeconfig=config):
        client = await open_client(str(config))
        try:
            found = await collect(client, EVERYTHING, wide=True)
        finally:
            await client.close()
    for seen in (typed(raw), found):
        said = [f.message for f in analyze(seen, seen.taken_at).findings]
        assert any("no Service pay in namespace payments" in m for m in said) is missed


def test_a_namespace_that_a_list_does_not_hold_is_no_healthy_one(tmp_path: Path) -> None:
    (path := tmp_path / "shop.json").write_text(CALLER % "shop")
    with pytest.raises(UsageError, match="There is no namespace payments in what was read of shop"):
        check_namespaces(typed(load(path)), Scope(namespaces=("payments",)))


def test_an_empty_list_says_that_it_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"kind": "List", "apiVersion": "v1", "items": []}')
    assert "holds no objects" in load(path).manifest.gaps[0].why
