"""The model's words reach whoever watches before they are a step."""

from __future__ import annotations

import pytest

from tests.support.investigating import start
from tests.support.model_servers import ModelServer
from tests.support.scripted_tools import ScriptedTools, load
from workbench.agent.disguise import Disguise
from workbench.agent.words import Words
from workbench.core.cluster import Scope
from workbench.core.investigation import Said

SAID = "I look at the log of the container that has crashed before I say anything."
TURNS = [
    {"say": SAID, "calls": [{"tool": "kube_events", "arguments": {"namespace": "shop"}}]},
    {"calls": [{"tool": "conclude", "arguments": {"verdict": "done"}}]},
]


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_words_come_in_pieces_before_their_step(provider: str) -> None:
    heard: list[str] = []
    before: list[int] = []
    async with ModelServer(TURNS) as server:
        tools = ScriptedTools(load("missing-config"))
        running = start("why?", tools, server.choice(provider), on_text=heard.append)
        async for step in running:
            if isinstance(step, Said):
                before.append(len(heard))
                assert step.text == "".join(heard) == SAID
    assert len(before) == 1
    assert before[0] > 3


def test_a_stand_in_that_comes_in_two_pieces_is_put_back_whole() -> None:
    disguise = Disguise(("namespaces",))
    disguise.about("", Scope(namespaces=("shop",)))
    hidden = disguise.hide("namespace shop is")
    heard: list[str] = []
    words = Words(disguise, heard.append)
    for letter in f"In {hidden} down":
        words.add(letter)
    words.end()
    assert "".join(heard) == "In namespace shop is down"


def test_nobody_need_listen() -> None:
    words = Words(Disguise(), None)
    words.add("x")
    words.end()
