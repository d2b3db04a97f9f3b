"""Asking over HTTP, with the analyst on the demo cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

QUESTION = {"message": "Why is checkout failing?"}


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Server-sent events: their fields, data decoded; without the words as they are being said."""
    fields: dict[str, Any] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if not line:
            if "data" in fields and fields["event"] != "delta":
                yield fields
            fields = {}
            continue
        name, _, value = line.partition(": ")
        fields[name] = json.loads(value) if name == "data" else value


def recorded(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The events that are steps, without the words that come between them."""
    return (event for event in events(lines) if event["event"] != "delta")


def test_asking_answers_with_the_whole_investigation(ann: httpx2.Client) -> None:
    answer = ann.post("/api/chat", json=QUESTION)
    assert answer.status_code == 200
    steps = answer.json()["steps"]
    assert steps[0]["type"] == "asked"
    assert steps[0]["user"] == "ann-test_chat@example.com"
    assert "payments-db" in steps[-1]["conclusion"]["verdict"]


def test_a_stream_sends_each_step_once_and_ends_with_the_conclusion(ann: httpx2.Client) -> None:
    with ann.stream("POST", "/api/chat/stream", json=QUESTION) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        heard = list(events(answer.iter_lines()))
    received = [e for e in heard if e["event"] != "delta"]
    assert [int(e["id"]) for e in received] == list(range(len(received)))
    assert {e["event"] for e in received[:-1]} == {"step"}
    assert received[-1]["event"] == "done"
    words = "".join(e["data"]["text"] for e in heard if e["event"] == "delta")
    said = [e["data"]["step"]["text"] for e in received if e["data"]["step"]["type"] == "said"]
    assert said
    assert words in "".join(said)


def test_a_broken_stream_is_resumed_without_a_gap_or_a_double(ann: httpx2.Client) -> None:
    with ann.stream("POST", "/api/chat/stream", json=QUESTION) as answer:
        label = answer.headers["x-investigation"]
        first = [e for e, _ in zip(recorded(answer.iter_lines()), range(3), strict=False)]
    headers = {"Last-Event-ID": first[-1]["id"]}
    with ann.stream("GET", f"/api/investigations/{label}/stream", headers=headers) as answer:
        rest = list(recorded(answer.iter_lines()))
    received = [int(e["id"]) for e in (*first, *rest)]
    assert received == list(range(len(received)))
    assert rest[-1]["event"] == "done"


def test_a_follow_up_stays_in_its_conversation(ann: httpx2.Client) -> None:
    ann.post("/api/chat", json=QUESTION)
    conversation = ann.get("/api/conversations").json()["items"][0]["id"]
    ann.post("/api/chat", json={"message": "And cart?", "conversation": conversation})
    messages = ann.get(f"/api/conversations/{conversation}").json()["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant"] * 2


def test_a_follow_up_in_somebody_elses_conversation_is_not_found(
    ann: httpx2.Client, as_person: Callable[..., httpx2.Client]
) -> None:
    ann.post("/api/chat", json=QUESTION)
    conversation = ann.get("/api/conversations").json()["items"][0]["id"]
    question = {**QUESTION, "conversation": conversation}
    assert as_person("bob").post("/api/chat", json=question).status_code == 404


def test_a_question_that_is_sent_again_under_its_id_is_the_same_one(
    as_person: Callable[..., httpx2.Client],
) -> None:
    ann, question = as_person("again"), {**QUESTION, "id": str(uuid4())}
    with ann.stream("POST", "/api/chat/stream", json=question) as first:
        label = first.headers["x-investigation"]  # and nothing of it is read
    with ann.stream("POST", "/api/chat/stream", json=question) as again:
        assert again.headers["x-investigation"] == label
        assert list(events(again.iter_lines()))[-1]["event"] == "done"
    assert ann.post("/api/chat", json=question).json()["id"] == question["id"]
    (talk,) = ann.get("/api/conversations").json()["items"]
    said = ann.get(f"/api/conversations/{talk['id']}").json()["messages"]
    assert [m["role"] for m in said] == ["user", "assistant"]
    assert ann.post("/api/chat", json={**question, "message": "And cart?"}).status_code == 409
    assert as_person("again-not").post("/api/chat", json=question).status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "message"),
        ({"message": "why?", "id": "7"}, "id"),
        ({"message": "  "}, "message"),
        ({"message": "x" * 20_000}, "message"),
        ({"message": "why?", "conversation": "not-an-id"}, "conversation"),
        ({"message": "why?", "shell": "rm"}, "shell"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_which_field(
    ann: httpx2.Client, body: dict[str, Any], says: str
) -> None:
    answer = ann.post("/api/chat", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["title"]


def test_the_answer_says_when_a_namespace_is_not_there(
    as_person: Callable[..., httpx2.Client],
) -> None:
    question = {**QUESTION, "namespaces": ["shopp"]}
    with as_person("typist").stream("POST", "/api/chat/stream", json=question) as answer:
        last = list(events(answer.iter_lines()))[-1]
    assert last["event"] == "error"
    assert "no namespace shopp" in last["data"]["step"]["reason"]
