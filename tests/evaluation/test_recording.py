"""What models answered is kept in a file, and scored again without them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluation.test_run import ANALYST, CASES, over
from tests.support.model_servers import ModelServer
from workbench.agent.choice import ModelChoice
from workbench.core.investigation import ModelAnswered
from workbench.errors import UsageError
from workbench.evaluation.recording import read, recorder
from workbench.evaluation.run import Contestant, contestants, evaluate
from workbench.evaluation.score import Outcome
from workbench.store.database import Store

BLAMED = "The role of operator-7d9c-a1f53 lacks the verb watch."
WELL = "The cluster is healthy."
CLAIMS = [{"text": "The operator is refused.", "evidence": ["E1"]}]
BOTH = ("anthropic:claude-sonnet-4-6", "openai:gpt-5-mini")


def said(verdict: str) -> dict[str, Any]:
    arguments = {"verdict": verdict, "claims": CLAIMS}
    return {"calls": [{"tool": "conclude", "arguments": arguments}]}


def looks_first() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Reads events, and is right in every other conclusion of each model."""
    concluded: dict[str, int] = {}

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        if "I look." not in json.dumps(body["messages"]):
            return {"say": "I look.", "calls": [{"tool": "kube_events", "arguments": {}}]}
        concluded[body["model"]] = concluded.get(body["model"], 0) + 1
        return said(BLAMED if concluded[body["model"]] % 2 else WELL)

    return answer


def bare(outcomes: tuple[Outcome, ...]) -> list[Outcome]:
    """Without who was asked, when and for how much."""
    unset = {"investigation": "", "contestant": "", "seconds": 0.0, "dollars": None}
    return [msgspec.structs.replace(one, **unset) for one in outcomes]


async def recorded(
    path: Path, store: Store, answers: Any, asked: tuple[Contestant, ...] = (), **more: Any
) -> tuple[Outcome, ...]:
    """Models of a local server, asked twice about a scenario."""
    async with ModelServer(answers) as server:
        choice = msgspec.structs.replace(server.choice("openai"), **more)
        with recorder(path) as tapes:
            return await evaluate(
                CASES[1:2], asked or contestants(choice, BOTH, ()), 2, over(store, choice),
                tapes=tapes,
            )  # fmt: skip


async def played(path: Path, store: Store, choice: ModelChoice = ANALYST) -> tuple[Outcome, ...]:
    kept = read(path)
    cases = kept.known(CASES)
    return await evaluate(
        cases, kept.contestants, kept.attempts, over(store, choice), tapes=kept.tape
    )


async def test_what_was_recorded_is_scored_the_same_without_key_and_server(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    live = await recorded(file, store, looks_first())
    again = await played(file, store)
    assert [one.right for one in live] == [True, True, False, False]
    assert bare(again) == bare(live)
    assert [one.contestant for one in again] == [f"recorded:{one}" for one in BOTH] * 2
    assert all(one.dollars for one in live)
    assert not any(one.dollars for one in again)
    found = await store.investigations.load(again[0].investigation)
    assert {s.model for s in found.steps if isinstance(s, ModelAnswered)} == {f"recorded:{BOTH[0]}"}


async def test_the_address_of_a_server_is_not_kept(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    await recorded(file, store, looks_first())
    assert "127.0.0.1" not in file.read_text()


async def test_an_investigation_that_asks_for_more_than_was_recorded_says_so(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    live = await recorded(file, store, looks_first())
    lines = file.read_bytes().splitlines(keepends=True)
    ends = next(i for i, line in enumerate(lines) if b"conclude" in line)
    file.write_bytes(b"".join(lines[:ends] + lines[ends + 1 :]))
    again = await played(file, store)
    (cut,) = (one for one in again if one.why)
    assert cut.why.startswith(
        "The recording of role-lacks-a-verb (attempt 1) ends after 1 answer, and investigator asks"
    )
    assert [one.right for one in again].count(True) == 1
    assert len(again) == len(live)


async def test_specialists_reviewer_and_fallbacks_are_recorded_with_the_one_that_asked_them(
    store: Store, tmp_path: Path
) -> None:
    def answers(body: dict[str, Any]) -> dict[str, Any]:
        words = json.dumps(body)
        tools = json.dumps(body["tools"])
        if body["model"] == "claude-sonnet-4-6":
            return {"status": 401, "message": "invalid x-api-key"}
        if '"review"' in tools:
            return {"calls": [{"tool": "review", "arguments": {"objections": []}}]}
        if "Is it the role?" in words and '"consult"' not in tools:
            return said("The role lacks the verb watch.")
        if "lacks the verb" not in words:
            arguments = {"agent": "security", "question": "Is it the role?"}
            return {"calls": [{"tool": "consult", "arguments": arguments}]}
        return said(BLAMED)

    file = tmp_path / "answers.jsonl"
    lead = (Contestant(model=BOTH[0], agent="lead", label=f"{BOTH[0]} as lead"),)
    live = await recorded(file, store, answers, lead, fallbacks=(BOTH[1],), reviewer="same")
    kept = [json.loads(line)["who"] for line in file.read_text().splitlines()]
    assert kept == ["investigator", "security-1", "investigator", "reviewer"] * 2
    set_here = ModelChoice(fallbacks=(BOTH[1],), reviewer=BOTH[0])  # and no key for any of them
    assert bare(await played(file, store, set_here)) == bare(live)


def test_what_models_answered_is_for_its_owners_eyes(tmp_path: Path) -> None:
    with recorder(file := tmp_path / "answers.jsonl"):
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file"),
        ("", "holds no answers"),
        ('{"schema":1,"at":"2026-01-01T00:00:00Z","outcomes":[]}', "is no recording of answers"),
        ("\x00\x01", "is no recording of answers"),
    ],
)
def test_a_file_that_holds_no_answers_is_named(
    tmp_path: Path, content: str | None, why: str
) -> None:
    file = tmp_path / "answers.jsonl"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=why):
        read(file)
