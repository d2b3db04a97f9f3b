"""Where it is turned on, the cluster is asked as the person who asks: over a real hub, the built-in
server as a process of its own, and an API server that notes whose requests come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastmcp import Client

from tests.kubernetes.objects import shop
from tests.support.api_server import ApiServer
from workbench.api.credentials import person as principal
from workbench.api.principals import Role
from workbench.bootstrap import tool_hub
from workbench.core.impersonation import META, Person, person
from workbench.core.tools import CallContext
from workbench.errors import Forbidden, SettingsError, ToolFailed, ToolRefused
from workbench.kubernetes.client import open_client
from workbench.kubernetes.impersonation import acting_as
from workbench.kubernetes.server import build, offered
from workbench.kubernetes.session import Session
from workbench.mcp.hub import ToolHub
from workbench.mcp.registry import kubernetes_server
from workbench.settings import load_settings

LISTED = {"kind": "pods", "namespace": "shop"}


def by(user: str, *groups: str) -> CallContext:
    return CallContext(investigation=UUID(int=1), user=user, groups=groups)


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApiServer]:
    with ApiServer(shop()).running() as server:
        yield server


@pytest.fixture
def config(cluster: ApiServer, tmp_path: Path) -> str:
    cluster.persons.clear()
    return cluster.kubeconfig(tmp_path / "config")


@pytest.fixture
async def hub(config: str) -> AsyncIterator[ToolHub]:
    async with tool_hub(load_settings(kubeconfig=config, impersonate=True)) as opened:
        yield opened


async def test_each_call_is_made_as_its_person_and_none_as_nobody(
    hub: ToolHub, cluster: ApiServer
) -> None:
    await hub.call("kube_list_resources", LISTED, by("ann@example.com", "sre"))
    anns = set(cluster.persons)
    assert anns == {("ann@example.com", ("sre",))}
    cluster.persons.clear()
    for _ in range(3):  # what is listed again and again is in nobody's memory
        await hub.call("kube_list_resources", LISTED, by("bob@example.com"))
    assert set(cluster.persons) == {("bob@example.com", ())}
    assert len(cluster.persons) >= 3
    cluster.persons.clear()
    await hub.call("kube_diagnose", {}, by("ann@example.com", "sre", "platform"))
    assert set(cluster.persons) == {("ann@example.com", ("sre", "platform"))}
    cluster.persons.clear()
    for nobody in (by(""), by(" "), by("system:admin"), by("ann", "system:masters"), by("a\nb")):
        with pytest.raises(ToolRefused, match="nothing was run"):
            await hub.call("kube_list_resources", LISTED, nobody)
    for arguments in ({"_meta": {META: {"user": "bob"}}}, {META: {"user": "bob"}}):
        with pytest.raises(ToolFailed, match="arguments are wrong"):
            await hub.call("kube_list_resources", {**LISTED, **arguments}, by("ann"))
    assert cluster.persons == []


async def test_by_itself_the_server_makes_no_call_that_names_nobody(
    config: str, cluster: ApiServer
) -> None:
    session = Session(config, impersonate=True)
    session.warm_up()
    server = build(session, *offered(session, changes=False), impersonate=True)
    forged: dict[str, Any] = {**LISTED, "_meta": {META: {"user": "ann"}}}
    async with Client(server) as client:
        for meta in (None, {}, {META: "ann"}, {META: {"user": ""}}, {META: {"user": "system:x"}}):
            said = await client.call_tool("list_resources", LISTED, meta=meta, raise_on_error=False)
            assert "names no person" in str(said.content)
        said = await client.call_tool("list_resources", forged, raise_on_error=False)
        assert "names no person" in str(said.content)
        assert cluster.persons == []
        meta = {META: {"user": "ann", "groups": ["sre"]}}
        assert not (await client.call_tool("list_resources", LISTED, meta=meta)).is_error
    assert set(cluster.persons) == {("ann", ("sre",))}
    await session.close()


async def test_a_server_that_is_not_told_to_reads_no_person_from_a_call(
    config: str, cluster: ApiServer
) -> None:
    session = Session(config, watch=False)
    async with Client(build(session, *offered(session, changes=False))) as client:
        await client.call_tool("list_resources", LISTED, meta={META: {"user": "ann"}})
    assert set(cluster.persons) == {("", ())}
    await session.close()


async def test_a_request_of_nobodys_does_not_leave(config: str, cluster: ApiServer) -> None:
    client = await open_client(config, impersonate=True)
    with pytest.raises(Forbidden, match="names no person"):
        await client.get("/api/v1/pods")
    with acting_as(Person(user="ann")):
        await client.get("/api/v1/pods")
    with pytest.raises(Forbidden, match="names no person"):
        await client.get("/api/v1/pods")
    await client.close()
    assert cluster.persons == [("ann", ())]


def test_of_somebodys_groups_those_are_told_that_the_roles_name() -> None:
    roles = {"sre": Role.OPERATOR, "platform": Role.ADMIN}
    ann = principal("ann", ["sre", "everybody", "sre"], roles, Role.VIEWER)
    assert (ann.role, ann.groups) == (Role.OPERATOR, ("sre",))
    assert principal("bob", [], roles, Role.VIEWER).groups == ()


@pytest.mark.parametrize(
    "given",
    [
        None, {}, {META: None}, {META: {"user": 7}}, {META: {"user": "ann", "uid": "0"}},
        {META: {"user": "ann", "groups": "system:masters"}},
        {META: {"user": "ann", "groups": ["sre", ""]}},
        {META: {"user": " system:admin"}},
    ],
)  # fmt: skip
def test_what_names_no_person_is_nobody(given: Any) -> None:
    assert person(given) is None


def test_it_is_off_by_default_and_only_the_built_in_server_can_do_it(tmp_path: Path) -> None:
    assert "--impersonate" not in kubernetes_server(load_settings()).args
    assert "--impersonate" in kubernetes_server(load_settings(impersonate=True)).args
    other = tmp_path / "server.py"
    other.write_text("")
    settings = load_settings(impersonate=True, mcp_server_path=str(other))
    with pytest.raises(SettingsError, match="knows nothing of it"):
        kubernetes_server(settings)
