from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.kubernetes.conftest import QUICK
from tests.support.api_server import ApiServer, Served, Trouble
from workbench.errors import ClusterUnreachable, UsageError
from workbench.kubernetes.session import Session


async def test_calls_made_while_connecting_share_its_outcome(
    cluster: ApiServer, tmp_path: Path
) -> None:
    cluster.trouble("/api", Trouble(delay=30.0))
    session = Session(cluster.kubeconfig(tmp_path / "config"), timeouts=QUICK)
    session.warm_up()
    found = await asyncio.gather(
        session.catalogue(), session.client(), session.resource("po"), return_exceptions=True
    )
    assert [type(one) for one in found] == [ClusterUnreachable] * 3
    assert cluster.asked("/api") == 1
    assert (await session.resource("po")).plural == "pods"
    await session.close()


async def test_a_kind_that_came_later_is_found(cluster: ApiServer, tmp_path: Path) -> None:
    session = Session(cluster.kubeconfig(tmp_path / "config"))
    with pytest.raises(UsageError):
        await session.resource("widgets")
    cluster.served.append(Served("acme.io/v1", "widgets", "Widget"))
    assert (await session.resource("widgets")).kind == "Widget"
    await session.close()


async def test_kinds_are_asked_for_once(cluster: ApiServer, tmp_path: Path) -> None:
    session = Session(cluster.kubeconfig(tmp_path / "config"))
    session.warm_up()
    for kind in ("po", "svc", "deploy"):
        await session.resource(kind)
    assert cluster.asked("/api") == 1
    await session.close()
