"""Alerts taken in over a real PostgreSQL: kept, counted, and looked into once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import new_id
from workbench.core.alert import Alert, AlertRule, AlertStatus, AlertTerms
from workbench.core.redaction import Redactor
from workbench.core.sweep import ItemStatus
from workbench.errors import SettingsError
from workbench.runbooks.alerts import Intake, check_rules
from workbench.store.alerts import Kept
from workbench.store.database import Store
from workbench.store.sweeps import Result

BEGAN = datetime(2026, 3, 1, 10, tzinfo=UTC)
TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"


def alert(name: str = "KubePodCrashLooping", **labels: str) -> Alert:
    return Alert(labels={"alertname": name, "namespace": "shop", **labels}, starts_at=BEGAN)


def resolved(one: Alert) -> Alert:
    return Alert(labels=one.labels, starts_at=one.starts_at, status=AlertStatus.RESOLVED)


class Clock:
    now = BEGAN

    def __call__(self) -> datetime:
        return self.now


def intake(store: Store, *rules: AlertRule, clock: Clock | None = None) -> Intake:
    terms = AlertTerms(rules=rules)
    return Intake(store, terms, (), Redactor(b"k" * 32), clock or Clock(), new_id)


async def shown(store: Store) -> list[Kept]:
    return sorted(await store.alerts.list(), key=lambda kept: str(kept.alert.labels))


async def ended(store: Store, run: str, status: ItemStatus = ItemStatus.FINDINGS) -> None:
    """The item of that run (``SW-3/1``), as a worker ends it."""
    label, _, number = run.partition("/")
    sweep, claim = await store.sweeps.load(label), new_id()
    await store.sweeps.begin(sweep.id, int(number), claim=claim, worker="w", job=1)
    assert await store.sweeps.settle(claim, status, Result())


async def test_the_same_alerts_told_twenty_times_at_once_have_one_run(store: Store) -> None:
    desk, other = intake(store), intake(store)  # two processes know nothing of each other
    told = [alert(pod="web-1"), alert(pod="web-1", container="b"), alert(pod="cart-1")]
    answers = await asyncio.gather(
        *((desk, other)[n % 2].take(told[:: 1 if n % 3 else -1], "ann") for n in range(20))
    )
    assert sorted(run for answer in answers for run in answer.runs) == ["SW-1/1", "SW-1/2"]
    assert sum(answer.counted for answer in answers) == 57
    kept = await shown(store)
    assert [one.told for one in kept] == [20, 20, 20]
    first, second, third = [one.look.run for one in kept if one.look]
    assert len({first, second, third}) == 2  # containers of one pod share a look
    assert (await store.sweeps.depth()).queued == 2


async def test_an_alert_that_comes_twice_at_once_counts_once_by_its_last_word(store: Store) -> None:
    desk, one = intake(store), alert(pod="web-1")
    answer = await desk.take([one, one], "ann")
    assert (answer.told, answer.new, answer.counted, len(answer.runs)) == (1, 1, 0, 1)
    answer = await desk.take([one, resolved(one)], "ann")
    assert (answer.told, answer.resolved, answer.counted) == (1, 1, 0)


async def test_an_alert_is_looked_into_again_after_the_window(store: Store) -> None:
    clock = Clock()
    desk = intake(store, clock=clock)
    (run,) = (await desk.take([alert()], "ann")).runs
    await ended(store, run)
    clock.now = BEGAN + timedelta(hours=3, minutes=59)
    assert (await desk.take([alert()], "ann")).counted == 1
    clock.now = BEGAN + timedelta(hours=4)
    assert (await desk.take([alert()], "ann")).runs == ("SW-2/1",)
    late = Alert(labels=alert().labels, starts_at=clock.now)  # it fires anew
    answer = await desk.take([late], "ann")
    assert (answer.new, answer.runs, answer.shared) == (1, (), ("SW-2/1",))


async def test_what_is_resolved_is_noted_and_not_looked_into(store: Store) -> None:
    desk = intake(store)
    await desk.take([alert()], "ann")
    answer = await desk.take([resolved(alert()), resolved(alert(pod="never-told"))], "ann")
    assert (answer.resolved, answer.runs, answer.counted) == (2, (), 0)
    statuses = {one.alert.status: one.look for one in await shown(store)}
    assert list(statuses) == [AlertStatus.RESOLVED]
    assert (await store.sweeps.depth()).queued == 1


async def test_an_alert_is_not_lost_for_a_runbook_that_does_not_fit(store: Store) -> None:
    rules = [
        AlertRule(runbook="nothing", match={"alertname": "A"}),
        AlertRule(runbook="dns", match={"alertname": "B"}, parameters={"pod": "$pod"}),
        AlertRule(
            runbook="crash-looping-workload", match={"alertname": "C"},
            parameters={"lines": "$pod"},
        ),
    ]  # fmt: skip
    answer = await intake(store, *rules).take([alert(n, pod="web") for n in "ABC"], "ann")
    assert (len(answer.runs), answer.without_look) == (3, 0)
    kept = await shown(store)
    assert {one.look.runbook for one in kept if one.look} == {"alert-first-response"}
    reasons = ["No runbook is called 'nothing'", "no parameter 'pod'", "lines is int"]
    for one, reason in zip(kept, reasons, strict=True):
        assert reason in one.reason
        assert one.look is not None
        assert one.look.item.parameters["alert"] == one.alert.name


async def test_without_any_runbook_an_alert_is_kept_with_the_reason(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "alert-first-response.ipynb").write_text(
        '{"metadata": {}, "nbformat": 4, "cells": []}'  # in the place of the bundled one
    )
    rule = AlertRule(runbook="nothing")
    terms = AlertTerms(rules=(rule,))
    desk = Intake(store, terms, (tmp_path,), Redactor(), Clock(), new_id)
    answer = await desk.take([alert()], "ann")
    assert (answer.without_look, answer.runs, answer.note) == (1, (), "")
    (kept,) = await shown(store)
    assert kept.look is None
    assert "nothing" in kept.reason
    assert "no parameter" in kept.reason


async def test_secrets_are_kept_nowhere_and_keys_stay_apart(store: Store) -> None:
    told = [
        Alert(
            labels={"alertname": "Odd", "token": f"{n}{TOKEN}", "pod": f"{TOKEN}\0"},
            annotations={"summary": f"Bearer {TOKEN}", "long": "x" * 10_000},
        )
        for n in range(2)
    ]
    await intake(store).take(told, "ann")
    kept = await shown(store)
    assert len(kept) == 2
    assert TOKEN not in str(kept)
    assert all(len(one.alert.annotations["long"]) < 2_100 for one in kept)


async def test_a_storm_is_one_sweep_for_each_runbook(store: Store) -> None:
    told = [alert(pod=f"web-{n}") for n in range(500)]
    told += [alert("KubeJobFailed", job_name=f"job-{n}") for n in range(500)]
    answer = await intake(store).take(told, "ann")
    assert len(answer.runs) == 1_000
    assert [sweep.total for sweep in await store.sweeps.list()] == [500, 500]
    page = await store.alerts.list(7)
    rest = await store.alerts.list(1_000, after=(page[-1].last_told, page[-1].id))
    assert len({one.id for one in (*page, *rest)}) == 1_000


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"runbook": "dsn"}, "rule 1.*dsn"),
        ({"runbook": "dns", "parameters": {"pod": "$pod"}}, "rule 1.*parameter 'pod'"),
    ],
)
def test_a_rule_whose_runbook_does_not_fit_is_one_clear_line(rule: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        check_rules([AlertRule(**rule)], ())
