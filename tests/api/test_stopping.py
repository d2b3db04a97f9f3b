"""SIGTERM: streams end with a state from which the work is taken up again."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx2

from tests.api.conftest import serving, signed
from tests.api.test_chat import QUESTION, events

HEADERS = {"Authorization": f"Bearer {signed('stopping-ann')}"}


def test_a_stopped_server_ends_its_streams_and_the_next_one_goes_on(
    server_database: str, tmp_path: Path
) -> None:
    with (
        serving(server_database, tmp_path) as (address, process),
        httpx2.Client(base_url=address, headers=HEADERS, timeout=60) as client,
        client.stream("POST", "/api/chat/stream", json=QUESTION) as answer,
    ):
        label = answer.headers["x-investigation"]
        received = []
        for event in events(answer.iter_lines()):
            if not received:
                process.send_signal(signal.SIGTERM)
            received.append(event)
        assert process.wait(20) in (0, -signal.SIGTERM)
    last = received[-1]
    assert last["event"] in ("error", "done")
    assert [int(e["id"]) for e in received] == list(range(len(received)))
    if last["event"] == "error":
        assert last["data"]["step"]["cancelled"]
    with (
        serving(server_database, tmp_path) as (address, _),
        httpx2.Client(base_url=address, headers=HEADERS, timeout=60) as client,
    ):
        if last["event"] == "error":
            answer = client.post(f"/api/investigations/{label}/resume", json={})
            assert answer.status_code == 202
        with client.stream("GET", f"/api/investigations/{label}/stream") as followed:
            assert list(events(followed.iter_lines()))[-1]["event"] == "done"
