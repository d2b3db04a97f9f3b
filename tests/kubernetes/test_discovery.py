from __future__ import annotations

from pathlib import Path

import pytest

from tests.kubernetes.objects import shop
from tests.support.api_server import ApiServer, Served, Trouble
from workbench.core.objects import Deployment
from workbench.errors import UsageError
from workbench.kubernetes.client import Client, open_client
from workbench.kubernetes.discovery import discover

WIDGETS = Served("acme.io/v1", "widgets", "Widget")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("po", "pods"),
        ("pods", "pods"),
        ("Pod", "pods"),
        ("deploy", "deployments.apps"),
        ("deployments.apps", "deployments.apps"),
        ("Deployment", "deployments.apps"),
        ("hpa", "horizontalpodautoscalers.autoscaling"),
        ("widget", "widgets.acme.io"),
        ("widgets.v1.acme.io", "widgets.acme.io"),
    ],
)
async def test_a_kind_is_found_by_what_people_type(
    cluster: ApiServer, client: Client, typed: str, meant: str
) -> None:
    cluster.served.append(WIDGETS)
    assert (await discover(client)).find(typed).full_name == meant


async def test_an_unknown_kind_names_close_ones(client: Client) -> None:
    with pytest.raises(UsageError, match="no kind 'podz'") as caught:
        (await discover(client)).find("podz")
    assert "pods" in caught.value.hint


async def test_aggregated_discovery_takes_two_requests(cluster: ApiServer, client: Client) -> None:
    await discover(client)
    assert cluster.requests == ["/api", "/apis"]


async def test_an_old_server_is_discovered_group_by_group(tmp_path: Path) -> None:
    with ApiServer(shop(), aggregated=False).running() as cluster:
        client = await open_client(cluster.kubeconfig(tmp_path / "config"))
        catalogue = await discover(client)
        await client.close()
    deployments = catalogue.serving(Deployment)
    assert deployments is not None
    assert deployments.path("shop", "web") == "/apis/apps/v1/namespaces/shop/deployments/web"


async def test_a_broken_group_is_a_gap_and_not_the_end(tmp_path: Path) -> None:
    with ApiServer(shop(), aggregated=False).running() as cluster:
        cluster.served.append(WIDGETS)
        cluster.trouble("/apis/acme.io/v1", Trouble(503, "its service is down"))
        client = await open_client(cluster.kubeconfig(tmp_path / "config"))
        catalogue = await discover(client)
        await client.close()
    assert catalogue.find("pods").plural == "pods"
    assert [(g.what, "its service is down" in g.why) for g in catalogue.gaps] == [
        ("kinds of acme.io/v1", True)
    ]


async def test_without_the_right_to_discover_the_known_kinds_are_assumed(
    cluster: ApiServer, client: Client
) -> None:
    cluster.trouble("/apis", Trouble(403, "no discovery for you"))
    catalogue = await discover(client)
    assert catalogue.find("pods").namespaced
    assert "no discovery" in catalogue.gaps[0].why
