"""Kinds that a List does not hold: served empty, and said to be unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kubernetes.snapshots.serve.asking import Api
from workbench.analyzers import analyze
from workbench.core.cluster import EVERYTHING
from workbench.kubernetes.client import open_client
from workbench.kubernetes.collect import collect
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.serve.server import served

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


def test_an_empty_list_says_that_it_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"kind": "List", "apiVersion": "v1", "items": []}')
    assert "holds no objects" in load(path).manifest.gaps[0].why
