"""A question, its investigation and who works on it are written at once, and once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.store.nouns import NOON
from tests.support.postgres import new_id
from workbench.core.cluster import Scope
from workbench.errors import Conflict, NotRecorded, StoreError
from workbench.store.beginnings import Beginning
from workbench.store.database import Store


async def a_question(store: Store, user: str = "ann") -> Beginning:
    person = await store.users.ensure(new_id(), user)
    ids = {name: new_id() for name in ("id", "conversation", "message", "holder")}
    return Beginning(question="why?", scope=Scope(), user=person.id, at=NOON, **ids)


async def test_it_is_there_with_its_message_and_whoever_works_on_it(store: Store) -> None:
    new = await a_question(store)
    for _ in range(2):  # as after an answer that was lost
        await store.beginnings.begin(new)
    assert (await store.investigations.load(new.id, user=new.user)).question == "why?"
    assert [m.content for m in await store.conversations.messages(new.conversation)] == ["why?"]
    assert (await store.conversations.get(new.conversation)).title == "why?"
    assert await store.leases.keep(new.id, new.holder) is False


async def test_a_question_with_a_nul_is_kept(store: Store) -> None:
    new = replace(await a_question(store), question="why\x00?")
    await store.beginnings.begin(new)
    (message,) = await store.conversations.messages(new.conversation)
    assert "\x00" not in message.content


async def test_under_an_id_that_there_is_nothing_is_written_again(store: Store) -> None:
    first = await a_question(store)
    await store.beginnings.begin(first)
    again = replace(first, conversation=new_id(), message=new_id(), holder=new_id())
    with pytest.raises(Conflict, match="asked already"):
        await store.beginnings.begin(again)
    await store.leases.end(first.id, first.holder)
    with pytest.raises(Conflict, match="asked already"):
        await store.beginnings.begin(again)
    assert len(await store.conversations.list(first.user)) == 1
    assert await store.leases.take(first.id, new_id())  # nobody else's stays


async def test_the_id_of_somebody_elses_is_as_one_that_is_not_there(store: Store) -> None:
    anns, bobs = await a_question(store), await a_question(store, "bob")
    await store.beginnings.begin(anns)
    await store.leases.end(anns.id, anns.holder)
    with pytest.raises(NotRecorded):
        await store.beginnings.begin(replace(bobs, id=anns.id))
    assert await store.conversations.list(bobs.user) == ()
    assert (await store.investigations.load(anns.id, user=anns.user)).question == "why?"


async def test_nothing_is_there_where_a_part_of_it_is_refused(store: Store) -> None:
    new = await a_question(store)
    with pytest.raises(StoreError, match="PostgreSQL refused"):
        await store.beginnings.begin(replace(new, user=new_id()))  # nobody
    with pytest.raises(NotRecorded):
        await store.investigations.load(new.id)
    assert not await store.leases.ask_to_stop(new.id)
