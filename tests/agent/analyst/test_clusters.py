"""The analyst on prepared clusters: each question of each file, see tests/support/clusters."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.investigating import concluded, steps
from tests.support.scripted_tools import CLUSTERS, ScriptedTools, load
from workbench.core.investigation import Conclusion

CASES = [
    pytest.param(path.stem, question, id=f"{path.stem}: {question['ask']}")
    for path in sorted(CLUSTERS.glob("*.yaml"))
    for question in load(path.stem)["questions"]
]


@pytest.mark.parametrize(("cluster", "question"), CASES)
async def test_the_answer_names_what_the_question_is_about(
    cluster: str, question: dict[str, Any]
) -> None:
    tools = ScriptedTools(load(cluster))
    found = concluded(await steps(question["ask"], tools))
    for name in question["names"]:
        assert name in found.verdict
    for name in question.get("omits", ()):
        assert name not in found.verdict
    if "confidence" in question:
        assert found.confidence.value == question["confidence"]
    for quote in question.get("quotes", ()):
        assert any(quote in claim.text for claim in found.claims)
    assert question.get("also_wrong", "") in " ".join(found.also_wrong)
    assert question.get("not_checked", "") in " ".join(g.what for g in found.not_checked)


@pytest.mark.parametrize(("cluster", "question"), CASES)
async def test_only_tools_that_exist_are_called_and_none_twice(
    cluster: str, question: dict[str, Any]
) -> None:
    tools = ScriptedTools(load(cluster))
    await steps(question["ask"], tools)
    called = [name.removeprefix("kube_") for name, _ in tools.calls]
    assert {name for name, _ in tools.calls} <= tools.specs.keys()
    assert len({repr(c) for c in tools.calls}) == len(tools.calls)
    assert len(called) <= 12
    assert set(question.get("calls", ())) <= set(called)
    assert not set(question.get("no_calls", ())) & set(called)


@pytest.mark.parametrize(("cluster", "question"), CASES)
async def test_every_claim_cites_an_answer_that_holds_what_it_quotes(
    cluster: str, question: dict[str, Any]
) -> None:
    tools = ScriptedTools(load(cluster))
    found = concluded(await steps(question["ask"], tools))
    for claim in found.claims:
        if tools.texts:
            assert claim.evidence or "analyzers" in claim.text
        for quote in re.findall("“([^”]*)”", claim.text):
            assert any(quote in tools.texts[label] for label in claim.evidence)


@pytest.mark.parametrize(("cluster", "question"), CASES)
async def test_the_same_question_gets_the_same_answer(
    cluster: str, question: dict[str, Any]
) -> None:
    answers: list[Conclusion] = []
    for _ in range(2):
        answers.append(concluded(await steps(question["ask"], ScriptedTools(load(cluster)))))
    assert answers[0] == answers[1]


async def test_it_works_under_another_prefix() -> None:
    tools = ScriptedTools(load("out-of-memory"), prefix="cluster_b_")
    found = concluded(await steps("why is search not answering?", tools))
    assert "OOMKilled" in found.verdict
    assert {n.removeprefix("cluster_b_") for n, _ in tools.calls} >= {"diagnose", "describe"}


async def test_what_was_called_missing_and_is_there_is_ruled_out() -> None:
    cluster = load("missing-config")
    cluster["findings"][0] |= {
        "code": "CONFIG_MAP_MISSING",
        "message": "ConfigMap orders-settings does not exist.",
    }
    cluster["answers"] = [
        {"tool": "get_resource", "text": "kind: ConfigMap\ndata:\n  DATABASE_URL: x"}
    ]
    found = concluded(await steps("why is orders down?", ScriptedTools(cluster)))
    assert "does not exist" not in found.verdict
    assert any("is there now" in line for line in found.ruled_out)
