"""The record keeps its contract."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import timedelta

import msgspec
import pytest

from tests.store.nouns import NOON, an_intent, ended
from tests.support.postgres import new_id
from workbench.core.evidence import Finished, Outcome
from workbench.errors import StoreError
from workbench.store.database import Store, open_store
from workbench.store.record import PostgresRecord, number_of


@pytest.fixture
def record(store: Store) -> PostgresRecord:
    return store.record


async def test_calls_of_an_investigation_are_labelled_in_order(record: PostgresRecord) -> None:
    one, other = new_id(), new_id()
    labels = [await record.intend(an_intent(x)) for x in (one, one, other, one)]
    assert labels == ["E1", "E2", "E1", "E3"]


async def test_labels_have_no_gaps_or_doubles_under_many_writers(
    record: PostgresRecord,
) -> None:
    investigation = new_id()
    labels = await asyncio.gather(*(record.intend(an_intent(investigation)) for _ in range(40)))
    assert sorted(map(number_of, labels)) == list(range(1, 41))


async def test_an_identical_retry_has_the_same_label_and_adds_no_row(
    record: PostgresRecord,
) -> None:
    investigation = new_id()
    intent = an_intent(investigation)
    labels = await asyncio.gather(*(record.intend(intent) for _ in range(8)))
    assert set(labels) == {"E1"}
    assert await record.count(investigation) == 1


async def test_another_intent_under_a_known_id_is_an_error(record: PostgresRecord) -> None:
    intent = an_intent(new_id())
    await record.intend(intent)
    with pytest.raises(StoreError):
        await record.intend(msgspec.structs.replace(intent, tool="kube_logs"))


async def test_an_intent_is_running_until_it_is_finished(record: PostgresRecord) -> None:
    intent = an_intent(new_id())
    label = await record.intend(intent)
    before = await record.evidence(intent.investigation, label)
    await record.finish(intent, ended(data={"pods": [1, 2.5, None]}))
    after = await record.evidence(intent.investigation, label)
    assert (before.outcome, before.duration_ms) == (Outcome.RUNNING, None)
    assert (after.outcome, after.duration_ms) == (Outcome.DONE, 12.5)
    assert (after.text, after.data) == ("3 pods", {"pods": [1, 2.5, None]})
    assert after.sha256 == hashlib.sha256(b"3 pods").hexdigest()
    assert (after.arguments, after.at) == (intent.arguments, NOON)


async def test_evidence_reads_back_as_plain_json(record: PostgresRecord) -> None:
    intent = an_intent(new_id())
    await record.intend(intent)
    rows = await record.evidences(intent.investigation)
    assert json.loads(msgspec.json.encode(rows))[0]["id"] == str(intent.id)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.RUNNING])
async def test_every_outcome_is_kept(record: PostgresRecord, outcome: Outcome) -> None:
    intent = an_intent(new_id())
    await record.intend(intent)
    await record.finish(intent, ended(outcome=outcome, text="", error="why"))
    kept = await record.evidence(intent.investigation, "E1")
    assert (kept.outcome, kept.error, kept.sha256) == (outcome, "why", "")


async def test_the_first_outcome_stays(record: PostgresRecord) -> None:
    intent = an_intent(new_id())
    await record.intend(intent)
    await record.finish(intent, ended())
    await record.finish(intent, ended())
    await record.finish(intent, ended(outcome=Outcome.FAILED, text="other"))
    kept = await record.evidence(intent.investigation, "E1")
    assert (kept.outcome, kept.text) == (Outcome.DONE, "3 pods")


async def test_finishing_what_was_never_intended_is_an_error(record: PostgresRecord) -> None:
    with pytest.raises(StoreError):
        await record.finish(an_intent(new_id()), ended())


async def test_an_intent_whose_outcome_never_came_becomes_unknown(record: PostgresRecord) -> None:
    investigation = new_id()
    old, young = an_intent(investigation), an_intent(investigation, at=NOON + timedelta(hours=1))
    for intent in (old, young):
        await record.intend(intent)
    assert await record.sweep(NOON + timedelta(minutes=61), timedelta(hours=1)) == 1
    outcomes = [e.outcome for e in await record.evidences(investigation)]
    assert outcomes == [Outcome.UNKNOWN, Outcome.RUNNING]


async def test_text_that_postgresql_cannot_hold_is_made_visible(record: PostgresRecord) -> None:
    intent = an_intent(new_id(), arguments={"grep": "a\0b"})
    await record.intend(intent)
    await record.finish(intent, ended(text="x\0y\ud800 é", data={"k\0": ["\0", "\\u0000"]}))
    kept = await record.evidence(intent.investigation, "E1")
    assert kept.arguments == {"grep": "a␀b"}
    assert (kept.text, kept.data) == ("x␀y? é", {"k␀": ["␀", "\\u0000"]})
    assert kept.sha256 == hashlib.sha256(kept.text.encode()).hexdigest()


@pytest.mark.parametrize("label", ["E2", "E0", "7", "", "E", "Ex", "E²", "E99999999999"])
async def test_an_unknown_label_is_an_error(record: PostgresRecord, label: str) -> None:
    intent = an_intent(new_id())
    await record.intend(intent)
    with pytest.raises(StoreError):
        await record.evidence(intent.investigation, label)


async def test_an_investigation_without_calls_has_no_evidence(record: PostgresRecord) -> None:
    assert await record.evidences(new_id()) == ()
    assert await record.count(new_id()) == 0


async def test_calls_of_a_process_that_is_gone_are_unknown_and_those_of_others_left_alone(
    database: str,
) -> None:
    investigation, living = new_id(), new_id()
    async with open_store(database) as alive:
        await alive.record.intend(an_intent(living))
        async with open_store(database) as gone:
            await gone.record.intend(an_intent(investigation))
            assert await alive.record.sweep(LATER, timedelta(0), abandoned_only=True) == 0
        while not await alive.record.sweep(LATER, timedelta(0), abandoned_only=True):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the server notices a closed connection a moment later
        (swept,) = await alive.record.evidences(investigation)
        (kept,) = await alive.record.evidences(living)
        assert (swept.outcome, kept.outcome) == (Outcome.UNKNOWN, Outcome.RUNNING)


async def test_outcomes_and_the_next_intent_are_one_commit(
    store: Store,
) -> None:
    investigation = new_id()
    first, second, third = (an_intent(investigation) for _ in range(3))
    await store.record.intend(first)
    await store.record.intend(second)
    after = (Finished(first, ended()), Finished(second, ended(outcome=Outcome.FAILED, error="no")))
    assert await store.record.intend(third, after) == "E3"
    kept = await store.record.evidences(investigation)
    assert [e.outcome for e in kept] == [Outcome.DONE, Outcome.FAILED, Outcome.RUNNING]
    assert await store.record.verify(investigation) is None


async def test_writing_outcomes_and_intent_again_changes_nothing(
    store: Store,
) -> None:
    investigation = new_id()
    first, second = an_intent(investigation), an_intent(investigation)
    await store.record.intend(first)
    for text in ("pods", "other"):
        assert await store.record.intend(second, (Finished(first, ended(text=text)),)) == "E2"
    kept = await store.record.evidences(investigation)
    assert [(e.text, e.outcome) for e in kept] == [("pods", Outcome.DONE), ("", Outcome.RUNNING)]
    assert await store.record.verify(investigation) is None


LATER = NOON + timedelta(days=1)
