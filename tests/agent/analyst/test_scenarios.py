"""The analyst on every folder of tests/scenarios and on the demo cluster, with the real tools."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.test_scenarios import FOLDERS, load
from tests.support.investigating import concluded, steps
from tests.support.snapshot_tools import SnapshotTools, demo, scenario, snapshot_tools
from workbench.agent.analyst.names import stem
from workbench.core.investigation import Concluded, Conclusion, Said

MOST_CALLS = 12
MOST_ROUNDS = 3
QUESTIONS = ("what is wrong?", "why do users get errors?")
DEMO_QUESTIONS = (
    "Why is checkout failing?",
    "is the cluster healthy?",
    "what changed in the last hour?",
    "users get 503 on www.demo-shop.example",
    "Is worker-2 all right?",
    "what is wrong in platform?",
    "pods stuck in ns shop",
    "ImagePullBackOff somewhere?",
    "why is flurbnix down?",
)


async def investigated(
    folder: Path, question: str
) -> tuple[dict[str, Any], Conclusion, SnapshotTools]:
    expected, diagnosis = load(folder)
    async with snapshot_tools(scenario(folder), diagnosis) as tools:
        found = concluded(await steps(question, tools))
    return expected, found, tools


def assert_sound(found: Conclusion, tools: SnapshotTools) -> None:
    """Every claim cites, every quotation stands in what is cited, and the calls are few."""
    assert len(tools.calls) <= MOST_CALLS
    assert len({repr(call) for call in tools.calls}) == len(tools.calls)
    for claim in found.claims:
        assert claim.evidence, claim.text
        for quote in quotes(claim.text):
            assert any(quote in tools.texts[label] for label in claim.evidence), claim.text
    assert len({claim.text for claim in found.claims}) == len(found.claims)
    read = "\n".join(tools.texts.values())
    assert all(quote in read for quote in quotes(found.verdict) if not unknown(quote, found))


def quotes(text: str) -> list[str]:
    return re.findall("“([^”]*)”", text)


def unknown(word: str, found: Conclusion) -> bool:
    """The verdict repeats a word of the question, to say that nothing is called so."""
    return f"called “{word}”" in found.verdict or f"No “{word}” here" in found.verdict


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
async def test_the_verdict_names_what_must_come_first(folder: Path, question: str) -> None:
    expected, found, tools = await investigated(folder, question)
    assert_sound(found, tools)
    if expected.get("healthy"):
        assert "no fault was found" in found.verdict.lower()
        assert not found.next_steps
    elif expected.get("first"):
        name = expected["first"].split(" ")[1].rpartition("/")[2]
        assert name in found.verdict or stem(name) in found.verdict
    for words in expected.get("verdict", ()):
        assert words in found.verdict


@pytest.mark.parametrize("question", DEMO_QUESTIONS)
async def test_the_demo_cluster_is_answered_soundly_in_few_rounds(question: str) -> None:
    async with snapshot_tools(demo()) as tools:
        told = await steps(question, tools)
    assert_sound(concluded(told), tools)
    assert sum(isinstance(step, Said) for step in told) <= MOST_ROUNDS


async def test_the_cause_is_followed_through_two_namespaces_to_the_key_that_is_missing() -> None:
    async with snapshot_tools(demo()) as tools:
        found = concluded(await steps("Why is checkout failing?", tools))
    for said in (
        "Secret payments/payments-db has no key password",
        "Deployment shop/checkout",
        "09:08 UTC",
    ):
        assert said in found.verdict
    assert found.next_steps[0].startswith("kubectl patch deployment/payments-api -n payments")
    assert "db-password" in found.next_steps[0]
    assert "rollout status" in found.next_steps[-1]
    assert any(
        line.startswith("Rolling Deployment payments/payments-api back") for line in found.ruled_out
    )
    assert len(found.also_wrong) <= 6


async def test_an_image_that_was_never_pushed_is_rolled_back_where_the_old_one_still_serves() -> (
    None
):
    async with snapshot_tools(demo()) as tools:
        found = concluded(await steps("why does the search rollout not finish?", tools))
    undo = "kubectl rollout undo deployment/search -n shop --to-revision=13"
    assert found.next_steps[0].startswith(undo)
    assert not any("rollout undo" in step for step in found.next_steps[1:])


async def test_a_word_that_is_no_name_is_taken_for_the_nearest_and_said_so() -> None:
    async with snapshot_tools(demo()) as tools:
        found = concluded(await steps("why is chekout slow?", tools))
    assert found.verdict.startswith("No “chekout” here; taken as Deployment shop/checkout.")


async def test_a_healthy_node_is_said_to_be_healthy_first() -> None:
    async with snapshot_tools(demo()) as tools:
        found = concluded(await steps("Is worker-2 all right?", tools))
    assert found.verdict.startswith("Node worker-2 is Ready and shows no fault itself.")


async def test_how_something_is_does_not_say_how_its_namesake_is() -> None:
    async with snapshot_tools(demo()) as tools:
        found = concluded(await steps("is catalog healthy?", tools))
        of_the_other = concluded(await steps("is catalog-indexer healthy?", tools))
    assert found.verdict.startswith("Deployment shop/catalog is healthy")
    assert "catalog-indexer" in of_the_other.verdict


async def test_changes_are_told_from_the_timeline() -> None:
    async with snapshot_tools(demo()) as tools:
        found = concluded(await steps("what changed in the last hour?", tools))
    assert "Deployment payments/payments-api: rolled out revision 9" in found.verdict
    assert ("kube_timeline", {"since": "1h"}) in tools.calls


async def test_no_value_of_a_secret_is_asked_for() -> None:
    async with snapshot_tools(demo()) as tools:
        await steps("Why is checkout failing?", tools)
    looks = [a for name, a in tools.calls if a.get("kind") == "Secret"]
    assert looks
    assert all(a.get("managed_fields") for a in looks)  # only a look-up that hides values takes it


async def test_the_analyst_costs_nothing_that_could_be_shown() -> None:
    async with snapshot_tools(demo()) as tools:
        last = (await steps("is the cluster healthy?", tools))[-1]
    assert isinstance(last, Concluded)
    assert last.usage.dollars is None
    assert (last.usage.input_tokens, last.usage.output_tokens) == (0, 0)
