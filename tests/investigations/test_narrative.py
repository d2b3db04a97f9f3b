"""A post-mortem that a model writes up besides: what it says stands in the files, what it cost in
the record."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.investigations.test_incidents import desk, investigated
from tests.investigations.test_workbench import opened
from tests.support.model_servers import ModelServer
from workbench.core.budget import Budget
from workbench.core.incident import Outcome
from workbench.core.investigation import Investigation, ModelAnswered, Said, Status
from workbench.errors import ModelUnavailable, UsageError
from workbench.investigations.incidents import IncidentDesk
from workbench.investigations.narrative import Scribe
from workbench.investigations.postmortem import postmortem
from workbench.store.database import Store

FORMS = ("ipynb", "html", "md")
HOSTILE = "<img src=x> [click](http://evil.test) password=hunter2hunter2"


def turn(found: Investigation) -> dict[str, Any]:
    said = [
        {"text": "A key was renamed.", "evidence": ["INC-1"]},
        {"text": f"The diagnosis shows it. {HOSTILE}", "evidence": [f"{found.label}/E1"]},
        {"text": "It was an accident.", "evidence": []},
    ]
    return {"calls": [{"tool": "write_up", "arguments": {"in_short": said}}]}


@pytest.fixture
async def case(store: Store) -> tuple[IncidentDesk, Investigation]:
    workbench, ann = opened(store), await desk(store)
    found = await investigated(workbench)
    made = await ann.open("web is down")
    await ann.attach(made.label, found.label)
    await ann.close(made.label, cause="a key was renamed", fix="put back", outcome=Outcome.FIXED)
    return ann, found


def scribe(server: ModelServer, ann: IncidentDesk) -> Scribe:
    return Scribe(server.choice("openai"), Budget(), ann._clock)


async def test_it_stands_in_every_form_and_its_cost_in_the_record(
    store: Store, case: tuple[IncidentDesk, Investigation], tmp_path: Path
) -> None:
    ann, found = case
    async with ModelServer([turn(found)]) as server:
        writer = scribe(server, ann)
        paths = await postmortem(ann, "INC-1", tmp_path, FORMS, now=ann._clock(), scribe=writer)
    assert len(server.requests) == 1
    nbformat.validate(nbformat.read(paths[0], as_version=4))
    for path in paths:
        text = path.read_text()
        assert "A key was renamed." in text
        assert "Written by gpt" in text
        assert f"{found.label}/E1" in text
        assert "hypothesis, no evidence" in text
        assert not re.search(r"(?<!\\)<img", text)  # in Markdown it is \\<img
        link = 'href="http' if path.suffix == ".html" else r"(?<!\\)\]\(http"  # \\] ends no link
        assert not re.search(link, text)
        assert "hunter2" not in text
    after = await store.investigations.load(found.label)
    assert after.status is Status.COMPLETE
    assert after.conclusion == found.conclusion
    cost, said = after.steps[-2:]
    assert isinstance(cost, ModelAnswered)
    assert isinstance(said, Said)
    assert (cost.agent, said.agent) == ("scribe", "scribe")
    assert "hunter2" not in said.text
    sums = {one.name: one for one in await store.spending.by("agent")}
    assert sums["scribe"].input_tokens == 100


async def test_without_a_model_nothing_is_asked_and_nothing_added(
    store: Store, case: tuple[IncidentDesk, Investigation], tmp_path: Path
) -> None:
    ann, found = case
    (path,) = await postmortem(ann, "INC-1", tmp_path, ("md",), now=ann._clock())
    assert "## In short" not in path.read_text()
    assert await store.investigations.load(found.label) == found


async def test_a_model_that_gives_nothing_leaves_no_file_and_what_it_cost(
    store: Store, case: tuple[IncidentDesk, Investigation], tmp_path: Path
) -> None:
    ann, found = case
    async with ModelServer([{"say": "It was a dark night."}]) as server:
        writer = scribe(server, ann)
        with pytest.raises(ModelUnavailable, match="could not be used"):
            await postmortem(ann, "INC-1", tmp_path / "out", FORMS, now=ann._clock(), scribe=writer)
    assert not (tmp_path / "out").exists()
    after = await store.investigations.load(found.label)
    assert len(after.steps) - len(found.steps) == len(server.requests) == 3


async def test_without_an_investigation_there_is_nothing_to_write_from(
    store: Store, tmp_path: Path
) -> None:
    ann = await desk(store)
    made = await ann.open("web is down")
    async with ModelServer([{}]) as server:
        writer = scribe(server, ann)
        with pytest.raises(UsageError, match="no investigation"):
            await postmortem(ann, made.label, tmp_path, (), now=ann._clock(), scribe=writer)
    assert not server.requests
