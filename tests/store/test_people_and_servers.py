"""Users, conversations, MCP servers and agents are kept as they are given."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.store.nouns import NOON
from tests.support.postgres import new_id
from workbench.core.tools import McpServer, OAuthClient, Transport
from workbench.errors import StoreError
from workbench.store.agent_configs import AgentConfig
from workbench.store.conversations import Message, Role
from workbench.store.database import Store


async def test_a_user_is_known_by_email_whatever_the_name(store: Store) -> None:
    first = await store.users.ensure(new_id(), "Ann", "ann@example.com")
    again = await store.users.ensure(new_id(), "Ann B.", "ann@example.com")
    assert (again.id, again.name) == (first.id, "Ann B.")
    assert await store.users.get(first.id) == again


async def test_a_local_user_is_known_by_name(store: Store) -> None:
    first = await store.users.ensure(new_id(), "ann")
    assert await store.users.ensure(new_id(), "ann") == first
    assert (await store.users.ensure(new_id(), "bob")).id != first.id
    with pytest.raises(StoreError):
        await store.users.get(new_id())


async def test_characters_that_postgresql_has_not_are_replaced(store: Store) -> None:
    first = await store.users.ensure(new_id(), "ann\0\ud800")
    assert (await store.users.ensure(new_id(), "ann␀?")).id == first.id
    agent = AgentConfig(id=new_id(), name="n", description="a\0", tools=("b\0",))
    assert (await store.agent_configs.save(agent)).tools == ("b␀",)


async def test_messages_come_back_oldest_first(store: Store) -> None:
    talk = await store.conversations.create(new_id(), title="checkout", metadata={"pinned": True})
    asked = Message(id=new_id(), conversation=talk.id, role=Role.USER, content="why", at=NOON)
    said = Message(
        id=new_id(),
        conversation=talk.id,
        role=Role.ASSISTANT,
        content="looking",
        at=NOON + timedelta(seconds=1),
        tool_calls=({"name": "kube_get"},),
        metadata={"model": "analyst"},
    )
    for message in (said, asked, asked):
        await store.conversations.add_message(message)
    assert await store.conversations.messages(talk.id) == (asked, said)
    assert (await store.conversations.get(talk.id)).metadata == {"pinned": True}


async def test_conversations_are_listed_by_user_last_used_first(store: Store) -> None:
    ann = await store.users.ensure(new_id(), "ann")
    old, new = [await store.conversations.create(new_id(), user=ann.id) for _ in range(2)]
    await store.conversations.create(new_id())
    later = old.created_at + timedelta(days=1)
    await store.conversations.add_message(
        Message(id=new_id(), conversation=old.id, role=Role.USER, content="x", at=later)
    )
    assert [c.id for c in await store.conversations.list(ann.id)] == [old.id, new.id]
    assert len(await store.conversations.list()) == 3


async def test_a_deleted_conversation_is_gone_with_its_messages(store: Store) -> None:
    talk = await store.conversations.create(new_id())
    message = Message(id=new_id(), conversation=talk.id, role=Role.USER, content="x", at=NOON)
    await store.conversations.add_message(message)
    await store.conversations.delete(talk.id)
    assert await store.conversations.messages(talk.id) == ()
    for failing in (store.conversations.get, store.conversations.delete):
        with pytest.raises(StoreError, match="no conversation"):
            await failing(talk.id)


async def test_a_message_to_an_unknown_conversation_is_an_error(store: Store) -> None:
    stray = Message(id=new_id(), conversation=new_id(), role=Role.USER, content="x", at=NOON)
    with pytest.raises(StoreError):
        await store.conversations.add_message(stray)


@pytest.mark.parametrize("transport", Transport)
async def test_an_mcp_server_reads_back_as_registered(store: Store, transport: Transport) -> None:
    server = McpServer(
        name="kube",
        transport=transport,
        command="kube-mcp",
        args=("--read-only",),
        env={"KUBECONFIG": "x"},
        url="http://localhost:1",
        headers={"Authorization": "Bearer ${TOKEN}"},
        oauth=OAuthClient(client_id="wb", client_secret="${S}", issuer="https://sso"),
        prefix="",
        enabled=False,
        call_seconds=2.5,
    )
    saved = await store.mcp_servers.save(new_id(), server)
    assert saved.server == server
    assert await store.mcp_servers.list() == (saved,)


async def test_saving_an_mcp_server_again_changes_it_and_keeps_its_id(store: Store) -> None:
    first = await store.mcp_servers.save(new_id(), McpServer(name="kube"))
    await store.mcp_servers.set_status("kube", "connected", ({"name": "get"},))
    again = await store.mcp_servers.save(new_id(), McpServer(name="kube", command="other"))
    assert (again.id, again.server.command) == (first.id, "other")
    assert (again.status, again.tools) == ("connected", ({"name": "get"},))
    await store.mcp_servers.delete("kube")
    with pytest.raises(StoreError, match="no tool server kube"):
        await store.mcp_servers.get("kube")
    with pytest.raises(StoreError, match="no tool server kube"):
        await store.mcp_servers.set_status("kube", "down", ())


async def test_an_agent_reads_back_as_saved_and_keeps_its_id(store: Store) -> None:
    agent = AgentConfig(
        id=new_id(),
        name="network",
        model="anthropic:claude",
        system_prompt="You know networks.",
        mcp_servers=(new_id(),),
        tools=("kube_get",),
        temperature=0.2,
        max_tokens=1000,
        metadata={"team": "net"},
    )
    assert await store.agent_configs.save(agent) == agent
    changed = msgspec.structs.replace(agent, id=new_id(), description="changed")
    assert (await store.agent_configs.save(changed)).id == agent.id
    assert [a.name for a in await store.agent_configs.list()] == ["network"]
    await store.agent_configs.delete("network")
    with pytest.raises(StoreError, match="no agent"):
        await store.agent_configs.get("network")
