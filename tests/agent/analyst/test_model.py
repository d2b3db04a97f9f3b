"""The analyst as a model: it reads the message history and nothing else."""

from __future__ import annotations

from pydantic_ai import ModelMessagesTypeAdapter
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from tests.support.investigating import CONTEXT
from tests.support.scripted_tools import ScriptedTools, load, specs
from workbench.agent.analyst.history import read
from workbench.agent.analyst.model import Analyst, respond
from workbench.agent.answers import Ledger
from workbench.agent.opening import opening
from workbench.agent.toolset import definition
from workbench.agent.triage import call_once
from workbench.core.cluster import Scope

DEFINITIONS = [definition(s) for s in specs()]
CONCLUDE = ToolDefinition(name="conclude")
PARAMETERS = ModelRequestParameters(function_tools=DEFINITIONS, output_tools=[CONCLUDE])


async def history() -> list[ModelMessage]:
    tools = ScriptedTools(load("missing-config"))
    ledger = Ledger()
    ledger.add(await call_once(tools, tools.specs["kube_diagnose"], "t1", {}, CONTEXT))
    return opening("why is orders down?", Scope(), ledger.answers, "prod")


async def test_a_history_that_was_stored_gives_the_same_answer() -> None:
    messages = await history()
    stored = ModelMessagesTypeAdapter.dump_json(messages)
    again = ModelMessagesTypeAdapter.validate_json(stored)
    assert respond(again, PARAMETERS) == respond(messages, PARAMETERS)


async def test_the_answer_is_the_same_in_one_piece() -> None:
    messages = await history()
    response = await Analyst().request(messages, None, PARAMETERS)
    assert list(response.parts) == respond(messages, PARAMETERS)
    assert response.usage.cost is None
    assert response.usage.total_tokens == 0


async def test_the_question_is_kept_apart_from_the_scope() -> None:
    reading = read(await history(), DEFINITIONS)
    assert reading.question == "why is orders down?"
    assert reading.answers[0].evidence == "E1"
    assert reading.answers[0].remote_name == "diagnose"


async def test_a_failed_answer_keeps_its_label_and_text() -> None:
    tools = ScriptedTools(load("missing-config"))
    spec = tools.specs["kube_describe"]
    ledger = Ledger()
    ledger.add(await call_once(tools, spec, "t1", {"kind": "Pod", "name": "x"}, CONTEXT))
    messages = opening("why?", Scope(), ledger.answers, "prod")
    for message in messages:
        if isinstance(message, ModelRequest):
            for part in message.parts:
                if isinstance(part, ToolReturnPart):
                    part.metadata = None
    answer = read(messages, DEFINITIONS).answers[0]
    assert answer.failed
    assert answer.evidence == "E1"
    assert "not found" in answer.text


async def test_without_an_output_tool_it_answers_in_words() -> None:
    messages = await history()
    parts = respond(messages, ModelRequestParameters())
    assert parts[0].part_kind == "text"
