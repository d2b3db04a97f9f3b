from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.kubernetes.conftest import QUICK
from tests.support.api_server import ApiServer, Trouble, free_port, write_kubeconfig
from workbench.errors import (
    ClusterError,
    ClusterUnreachable,
    ContextUnknown,
    Forbidden,
    ObjectNotFound,
    Unauthorized,
)
from workbench.kubernetes.client import Client, open_client

PODS = "/api/v1/pods"


async def test_an_unknown_context_names_those_there_are(tmp_path: Path) -> None:
    config = write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1")
    with pytest.raises(ContextUnknown, match="no context 'prod'") as caught:
        await open_client(config, "prod")
    assert "test" in caught.value.hint


async def test_an_address_nobody_answers_at_is_unreachable(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    client = await open_client(write_kubeconfig(tmp_path / "config", url), timeouts=QUICK)
    with pytest.raises(ClusterUnreachable, match=url):
        await client.get(PODS)
    await client.close()


async def test_a_wrong_token_is_said_to_be_expired_or_wrong(
    cluster: ApiServer, tmp_path: Path
) -> None:
    client = await open_client(cluster.kubeconfig(tmp_path / "config", token="old"))
    with pytest.raises(Unauthorized, match="expired or wrong"):
        await client.get(PODS)
    assert cluster.asked(PODS) == 1
    await client.close()


async def test_a_rotated_token_is_read_again(cluster: ApiServer, tmp_path: Path) -> None:
    config = tmp_path / "config"
    client = await open_client(cluster.kubeconfig(config, token="old"))
    cluster.kubeconfig(config, token="good")
    assert (await client.get(PODS)).json()["kind"] == "PodList"
    await client.close()


async def test_a_forbidden_read_says_who_may_not_and_asks_once(
    cluster: ApiServer, client: Client
) -> None:
    cluster.forbidden.add("pods")
    with pytest.raises(Forbidden, match='User "viewer" cannot list'):
        await client.get(PODS, asked="list pods")
    assert cluster.asked(PODS) == 1


async def test_a_missing_object_is_not_found(client: Client) -> None:
    with pytest.raises(ObjectNotFound, match='pods "gone" not found'):
        await client.get("/api/v1/namespaces/shop/pods/gone")


async def test_a_busy_server_is_asked_again_when_it_says(
    cluster: ApiServer, client: Client
) -> None:
    cluster.trouble(PODS, Trouble(429, headers={"Retry-After": "0"}), Trouble(429, headers={}))
    assert (await client.get(PODS)).json()["items"]
    assert cluster.asked(PODS) == 3


async def test_a_server_that_is_busy_for_long_is_not_waited_for(
    cluster: ApiServer, client: Client
) -> None:
    cluster.trouble(PODS, Trouble(429, headers={"Retry-After": "600"}))
    with pytest.raises(ClusterError, match="too busy"):
        await client.get(PODS)


async def test_a_server_that_hangs_is_given_up(cluster: ApiServer, client: Client) -> None:
    cluster.trouble(PODS, Trouble(delay=30.0))
    with pytest.raises(ClusterUnreachable, match="no answer in time"):
        await client.get(PODS)


async def test_an_answer_larger_than_asked_for_is_refused(client: Client) -> None:
    with pytest.raises(ClusterError, match="more than"):
        await client.get(PODS, most=100)


async def test_the_time_of_a_frozen_cluster_stands_still(
    cluster: ApiServer, client: Client
) -> None:
    cluster.headers["Workbench-Now"] = "2026-11-22T11:00:00Z"
    await client.get(PODS)
    assert client.now() == datetime(2026, 11, 22, 11, tzinfo=UTC)


async def test_the_time_of_a_live_cluster_is_the_servers(
    cluster: ApiServer, client: Client
) -> None:
    cluster.trouble(PODS, Trouble(404, headers={"Date": "Sun, 22 Nov 2020 11:00:00 GMT"}))
    with pytest.raises(ObjectNotFound):
        await client.get(PODS)
    assert client.now().year == 2020
