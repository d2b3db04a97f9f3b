"""Proposed changes as cards: who sees them, and whose word counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.chat.conftest import House
from tests.support.changes import a_change
from workbench.chat.screens.approvals import Approvals
from workbench.core.change import ChangeState, ProposedChange, state
from workbench.core.cluster import Scope
from workbench.core.investigation import ChangeDecided
from workbench.errors import AccessDenied, NotRecorded, UsageError


async def proposed(house: House, name: str = "ann", age: timedelta = timedelta()) -> ProposedChange:
    """A change that waits, in an investigation of that person's."""
    bench = house.workbench.acting_for(name, "chat")
    person = await bench.person()
    conversation = bench.new_id()
    await bench.store.conversations.create(conversation, user=person.id, title="t")
    made = await bench.store.investigations.create(
        bench.new_id(), "q", Scope(), bench.clock(), user=person.id, conversation=conversation
    )
    at = datetime.now(UTC) - age
    one = a_change(
        UUID(str(made.id)), at=at, expires=at + timedelta(hours=1), cluster="test", by=name,
        why="<b>more</b> load",
    )  # fmt: skip
    return await bench.store.changes.propose(one)


async def state_of(house: House, change: ProposedChange) -> ChangeState:
    return state(*await house.workbench.change(change.label), datetime.now(UTC))


async def test_a_card_shows_what_a_decision_rests_on(house: House) -> None:
    change = await proposed(house)
    screen, tab = house.opened(Approvals, "lea", decides=True)
    await screen.do_hello({})
    card = tab.html("waiting")
    assert '<span class="plus">+  replicas: 3\n</span>' in card
    assert '<span class="minus">-  replicas: 2\n</span>' in card
    assert "&lt;b&gt;more&lt;/b&gt; load" in card
    assert "medium risk" in card
    assert f'data-digest="{change.digest}"' in card
    assert "E4" not in card  # somebody else's calls are not hers to open
    screen.close()


async def test_who_may_not_decide_sees_only_their_own_and_no_form(house: House) -> None:
    change = await proposed(house)
    mine, own = house.opened(Approvals, "ann")
    await mine.do_hello({})
    assert "It waits for somebody" in own.html("waiting")
    assert "data-digest" not in own.html("waiting")
    assert ">E4</button>" in own.html("waiting")
    said = {"change": change.label, "digest": change.digest, "word": "approve"}
    with pytest.raises(AccessDenied):
        await mine.do_decide(said)
    other, others = house.opened(Approvals, "bob")
    await other.do_hello({})
    assert "C-" not in others.html("waiting")
    assert "Nothing waits" in others.html("none")
    with pytest.raises(NotRecorded, match="There is no proposed change"):
        await other.do_change({"change": change.label})
    assert await state_of(house, change) is ChangeState.PROPOSED
    for screen in (mine, other):
        screen.close()


async def test_it_is_denied_once_with_a_reason(house: House) -> None:
    change = await proposed(house)
    screen, tab = house.opened(Approvals, "lea", decides=True)
    await screen.do_hello({})
    said = {"change": change.label, "digest": change.digest, "word": "deny"}
    await screen.do_decide({**said, "reason": "not <i>now</i>; password=hunter2secret"})
    assert await state_of(house, change) is ChangeState.DENIED
    card = tab.html("waiting")
    assert "Denied by lea" in card
    assert "not &lt;i&gt;now" in card
    assert "hunter2secret" not in card
    assert "lea" in tab.html("settled")
    found = await house.workbench.store.investigations.load(change.investigation)
    (step,) = [s for s in found.steps if isinstance(s, ChangeDecided)]
    assert step.reason.startswith("not <i>now")
    await screen._handled(screen.do_decide, {**said, "word": "approve"})
    assert "lea has denied C-1 already" in tab.html("notice")
    screen.close()


async def test_only_what_was_shown_is_decided(house: House) -> None:
    change = await proposed(house)
    screen, _ = house.opened(Approvals, "lea", decides=True)
    for digest in ("", "0" * 64, change.digest[:12]):
        with pytest.raises(UsageError, match="not what was shown"):
            await screen.do_decide({"change": change.label, "digest": digest, "word": "approve"})
    await screen.do_decide({"change": change.label, "digest": change.digest, "word": "perhaps"})
    assert await state_of(house, change) is ChangeState.PROPOSED
    screen.close()


async def test_a_decision_of_somebody_else_and_a_late_one_are_seen(house: House) -> None:
    change, late = await proposed(house), await proposed(house, age=timedelta(hours=2))
    screen, tab = house.opened(Approvals, "lea", decides=True)
    await screen.do_hello({})
    assert late.label in tab.html("settled")
    await house.workbench.acting_for("max", "cli").deny(change.label, reason="mine")
    await screen.renew()
    assert "Denied by max" in tab.html("waiting")
    assert "Nothing waits" in tab.html("none")
    await screen.do_change({"change": late.label})
    assert "expired" in tab.html("waiting")
    screen.close()
