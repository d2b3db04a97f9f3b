"""Looks that have ended, told to a real web server: once, and again later where that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.runbooks.test_alerts import Clock, alert, ended, intake
from tests.support.webhook import Webhook
from workbench.core.notice import Kind, Target
from workbench.core.sweep import ItemStatus
from workbench.runbooks.notices import Notices
from workbench.store.database import Store
from workbench.store.queue import Queue


class Now(Clock):
    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook().running() as running:
        yield running


def notices(store: Store, log: list[str], *targets: Target) -> Notices:
    return Notices(store, targets, "https://bench.example", log.append, first_seconds=0.01)


async def looked(store: Store, status: ItemStatus = ItemStatus.HEALTHY, **labels: str) -> str:
    """The run of a new alert, which has ended."""
    (run,) = (await intake(store, clock=Now()).take([alert(**labels)], "ann")).runs
    await ended(store, run, status)
    return run


async def test_every_target_is_told_once_whoever_tells(
    store: Store, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("t0k\n")
    monkeypatch.setenv("SLACK_URL", f"{webhook.url}/services/x")
    token = f"file:{tmp_path / 'token'}"
    targets = (
        Target(kind=Kind.WEBHOOK, url=f"{webhook.url}/hook"),
        Target(kind=Kind.SLACK, url="env:SLACK_URL"),
        Target(kind=Kind.GITHUB, url=webhook.url, project="acme/ops", token=token),
        Target(kind=Kind.GITLAB, url=webhook.url, project="acme/ops", token=token),
    )
    log: list[str] = []
    run = await looked(store)
    tellers = [notices(store, log, *targets) for _ in range(3)]
    await asyncio.gather(*(teller.tell() for teller in tellers * 2))
    told = {asked.path: asked for asked in webhook.asked}
    assert sorted(told) == [
        "/api/v4/projects/acme%2Fops/issues", "/hook", "/repos/acme/ops/issues", "/services/x",
    ]  # fmt: skip
    assert len(webhook.asked) == 4
    assert told["/hook"].body["run"] == run
    assert told["/repos/acme/ops/issues"].headers["authorization"] == "Bearer t0k"
    assert told["/api/v4/projects/acme%2Fops/issues"].headers["private-token"] == "t0k"
    assert run in told["/services/x"].body["text"]
    (kept,) = await store.alerts.list()
    assert set(kept.messages.values()) == {"sent"}
    assert log == []


async def test_a_target_that_is_busy_is_told_later_and_one_that_refuses_is_one_line(
    store: Store, webhook: Webhook
) -> None:
    log: list[str] = []
    await looked(store)
    teller = notices(store, log, Target(kind=Kind.WEBHOOK, url=webhook.url))
    webhook.answers.extend([(503, {}, b""), (429, {"Retry-After": "0"}, b"")])
    await teller.drain()
    assert len(webhook.asked) == 0  # nothing is planned yet
    await teller.tell()
    await teller.drain()
    assert len(webhook.asked) == 3
    assert log == []
    await looked(store, pod="b")
    webhook.answers.append((404, {}, b"no_team glpat-ABCDEFGHIJKLMNOPQRST"))
    await teller.tell()
    (line,) = log
    assert "it answered 404: no_team" in line
    assert "glpat-ABC" not in line
    kept, _ = await store.alerts.list()
    assert "404" in kept.messages["webhook"]


async def test_a_redirect_is_not_followed(store: Store, webhook: Webhook) -> None:
    log: list[str] = []
    await looked(store)
    with Webhook().running() as other:
        webhook.answers.append((307, {"Location": other.url}, b""))
        await notices(store, log, Target(kind=Kind.WEBHOOK, url=webhook.url)).tell()
        assert other.asked == []
    assert "redirect" in log[0]


async def test_an_address_that_answers_nobody_is_given_up_and_not_quoted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    monkeypatch.setenv("SLACK_URL", "http://127.0.0.1:9/services/secret-path")
    await looked(store)
    teller = notices(store, log, Target(kind=Kind.SLACK, url="env:SLACK_URL"))
    await teller.tell()
    await teller.drain()
    (line,) = log
    assert "tried 5 times" in line
    assert "secret-path" not in line


@pytest.mark.parametrize(
    "url",
    [
        *("nowhere", "http://[", "ftp://x.example/"),
        *("http://localhost:65536/", "https://127.0.0.1:99999999999/"),
        "http://localhost:-1/",
    ],
)
async def test_a_reference_to_no_address_harms_nobody(
    store: Store, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    log: list[str] = []
    monkeypatch.setenv("SLACK_URL", url)
    await looked(store)
    teller = notices(store, log, Target(kind=Kind.SLACK, url="env:SLACK_URL"))
    await teller.tell()
    await teller.drain()
    (line,) = log
    assert "tried once: its address or token is not usable." in line


async def test_what_goes_on_or_is_cancelled_is_not_told(store: Store, webhook: Webhook) -> None:
    log: list[Any] = []
    await intake(store, clock=Now()).take([alert()], "ann")
    teller = notices(store, log, Target(kind=Kind.WEBHOOK, url=webhook.url))
    await teller.tell()
    await Queue(store.pool).cancel((await store.sweeps.load("SW-1")).id)
    await teller.tell()
    assert webhook.asked == []


async def test_a_teller_that_is_stopped_tells_what_is_due(store: Store, webhook: Webhook) -> None:
    teller = notices(store, [], Target(kind=Kind.WEBHOOK, url=webhook.url))
    task = asyncio.create_task(teller.serve())
    await asyncio.sleep(0)
    await looked(store)
    teller.stop()
    await task
    assert len(webhook.asked) == 1
