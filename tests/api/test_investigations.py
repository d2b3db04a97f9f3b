"""What one does with an investigation after it was asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest

from tests.api.test_chat import QUESTION, events
from workbench.api.routes.forks import Fork
from workbench.core.budget import Budget
from workbench.files import is_as_written

Client = Callable[..., httpx2.Client]


def asked(client: httpx2.Client) -> str:
    return f"INV-{client.post('/api/chat', json=QUESTION).json()['number']}"


def stopped(client: httpx2.Client) -> str:
    """One that was cancelled right after it began."""
    with client.stream("POST", "/api/chat/stream", json=QUESTION) as answer:
        label = answer.headers["x-investigation"]
        next(events(answer.iter_lines()))
        made = client.post(f"/api/investigations/{label}/cancel").json()
    assert made["steps"][-1]["type"] == "failed"
    return str(label)


def test_one_that_was_stopped_is_resumed_and_followed_to_its_end(ann: httpx2.Client) -> None:
    label = stopped(ann)
    answer = ann.post(f"/api/investigations/{label}/resume", json={})
    assert answer.status_code == 202
    with ann.stream("GET", f"/api/investigations/{label}/stream") as followed:
        received = list(events(followed.iter_lines()))
    kinds = [e["event"] for e in received]
    assert kinds[-1] == "done"
    assert set(kinds[:-1]) == {"step"}  # the stop in between ended nothing
    assert "failed" in [e["data"]["step"]["type"] for e in received[:-1]]
    assert [int(e["id"]) for e in received] == list(range(len(received)))


def test_a_fork_goes_on_from_a_step_and_leaves_the_original(ann: httpx2.Client) -> None:
    label = asked(ann)
    before = ann.get(f"/api/investigations/{label}").json()
    answer = ann.post(f"/api/investigations/{label}/fork", json={"after": "E1", "message": "And?"})
    assert answer.status_code == 202, answer.text
    made = f"INV-{answer.json()['number']}"
    assert made != label
    with ann.stream("GET", f"/api/investigations/{made}/stream") as followed:
        said = [e["data"]["step"] for e in events(followed.iter_lines()) if e["event"] == "step"]
    assert said[0]["question"] == "And?"
    assert f"Forked from {label}" in " ".join(s["text"] for s in said if s["type"] == "said")
    assert ann.get(f"/api/investigations/{label}").json() == before
    missing = ann.post(f"/api/investigations/{label}/fork", json={"after": "E99"})
    assert missing.status_code == 400
    assert "has no step E99" in missing.json()["title"]


def test_a_fork_gets_no_more_than_is_set() -> None:
    set_here = Budget(dollars=Decimal(1), tool_calls=10)
    terms = Fork(dollars=Decimal(5), tool_calls=3, after="", message="", model="", agent="")
    assert terms.terms(set_here).dollars == 1
    assert terms.terms(set_here).tool_calls == 3


def test_one_that_is_complete_cannot_be_resumed(ann: httpx2.Client) -> None:
    answer = ann.post(f"/api/investigations/{asked(ann)}/resume", json={})
    assert answer.status_code == 400
    assert "complete" in answer.json()["title"]


def test_following_one_that_ended_ends_also_after_its_last_step(ann: httpx2.Client) -> None:
    label = asked(ann)
    last = len(ann.get(f"/api/investigations/{label}").json()["steps"]) - 1
    headers = {"Last-Event-ID": str(last)}
    with ann.stream("GET", f"/api/investigations/{label}/stream", headers=headers) as followed:
        assert list(events(followed.iter_lines())) == []


def test_a_note_is_kept_and_does_not_disturb_one_that_runs(ann: httpx2.Client) -> None:
    note = {"text": "The node was drained.", "standing": "open", "evidence": ["E1"]}
    with ann.stream("POST", "/api/chat/stream", json=QUESTION) as answer:
        label = answer.headers["x-investigation"]
        for _ in range(5):
            assert ann.post(f"/api/investigations/{label}/notes", json=note).status_code == 201
        received = list(events(answer.iter_lines()))
    assert received[-1]["event"] == "done"
    steps = ann.get(f"/api/investigations/{label}").json()["steps"]
    notes = [step for step in steps if step["type"] == "noted"]
    assert [n["user"] for n in notes] == ["ann-test_investigations@example.com"] * 5


def test_asking_again_on_the_same_cluster_shows_no_change(ann: httpx2.Client) -> None:
    label = asked(ann)
    answer = ann.post(f"/api/investigations/{label}/rerun", json={"evidence": "E1"})
    assert answer.status_code == 200
    differences = answer.json()["differences"]
    assert len(differences) == 1
    assert differences[0]["changes"] == []
    assert differences[0]["after"]["reference"].startswith("S-")


@pytest.mark.parametrize("format", ["html", "ipynb", "md"])
def test_a_report_is_the_one_that_is_exported(
    ann: httpx2.Client, tmp_path: Path, format: str
) -> None:
    label = asked(ann)
    answer = ann.get(f"/api/investigations/{label}/report", params={"format": format})
    for part in ("Time range", "Versions", "Timeline", "Appendix", "once more for this file"):
        assert part in answer.text
    (path := tmp_path / f"{label}.{format}").write_bytes(answer.content)
    assert is_as_written(path)


def test_two_investigations_are_compared(ann: httpx2.Client) -> None:
    first, second = asked(ann), asked(ann)
    answer = ann.get(f"/api/investigations/{first}/diff", params={"other": second})
    assert answer.json()["before"] == first
    one = {"evidence": "E1", "other": f"{second}/E1"}
    single = ann.get(f"/api/investigations/{first}/diff", params=one)
    assert len(single.json()["differences"]) == 1


def test_what_one_has_already_is_not_sent_again(ann: httpx2.Client) -> None:
    label = asked(ann)
    for path in (f"/api/investigations/{label}", f"/api/investigations/{label}/evidence/E1"):
        tag = ann.get(path).headers["etag"]
        same = ann.get(path, headers={"If-None-Match": f'"other", {tag}'})
        assert (same.status_code, same.content) == (304, b"")
    ann.post(f"/api/investigations/{label}/notes", json={"text": "Now it is another."})
    path = f"/api/investigations/{label}"
    tag = ann.get(f"/api/investigations/{label}/evidence/E1").headers["etag"]
    assert ann.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_record_is_paged_filtered_and_verified(ann: httpx2.Client) -> None:
    label = asked(ann)
    params = {"investigation": label, "limit": "2"}
    first = ann.get("/api/audit", params=params).json()
    assert len(first["items"]) == 2
    rest = ann.get("/api/audit", params={**params, "after": first["next"]}).json()
    seen = [call["id"] for call in (*first["items"], *rest["items"])]
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, reverse=True)
    tools = {c["tool"] for c in ann.get("/api/audit?tool=kube_diagnose").json()["items"]}
    assert tools == {"kube_diagnose"}
    assert ann.get("/api/audit?outcome=refused").json()["items"] == []
    assert ann.get("/api/audit?since=2100-01-01T00:00:00Z").json()["items"] == []
    held = ann.get(f"/api/audit/{label}/verify").json()
    assert held["holds"]
    assert re.fullmatch("[0-9a-f]{64}", held["hash"])


def test_usage_counts_what_a_person_did_today(as_person: Client) -> None:
    eve = as_person("usage-eve")
    label = asked(eve)
    calls = len(eve.get(f"/api/investigations/{label}/evidence").json()["items"])
    (today,) = eve.get("/api/usage").json()["items"]
    assert today["user"] == "usage-eve@example.com"
    assert (today["calls"], today["investigations"]) == (calls, 1)
    people = {i["user"] for i in as_person("root", "admins").get("/api/usage").json()["items"]}
    assert "usage-eve@example.com" in people
