"""What a model is given before its first turn."""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from workbench.agent.answers import Answer
from workbench.agent.disguise import Disguise
from workbench.agent.framing import MODEL_CHARACTERS
from workbench.agent.toolset import framed, metadata
from workbench.core.agents import AgentProfile
from workbench.core.cluster import Scope

INVESTIGATOR = "investigator"
SPECIALIST = "specialist"


def instructions(profile: AgentProfile | None = None, *, specialist: bool = False) -> str:
    """The system prompt: ``prompts/investigator.md``, then the agent's own words."""
    parts = [prompt(INVESTIGATOR)]
    if specialist:
        parts.append(prompt(SPECIALIST))
    if profile and profile.prompt.strip():
        parts.append(f"# Your field: {profile.name}\n\n{profile.prompt.strip()}\n")
    return "\n".join(parts)


def prompt(name: str) -> str:
    """A prompt as it is written in ``prompts/``."""
    prompts = importlib.resources.files("workbench.agent") / "prompts"
    return (prompts / f"{name}.md").read_text(encoding="utf-8")


def opening(
    question: str,
    scope: Scope,
    answers: Sequence[Answer],
    cluster: str,
    disguise: Disguise | None = None,
    *,
    earlier: str = "",
    limit: int = MODEL_CHARACTERS,
) -> list[ModelMessage]:
    """The messages a run starts from: the question, and the calls already made for the model.

    earlier: what was found before in the same conversation.
    limit: characters that are shown of one answer.
    """
    disguise = disguise or Disguise()
    for answer in answers:
        disguise.learn(answer)
    words = (question, scope_in_words(scope, cluster), *([earlier] if earlier else ()))
    asked = [disguise.hide(text) for text in words]
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(asked)])]
    for answer in answers:
        arguments = disguise.hide_value(answer.arguments)
        call = ToolCallPart(answer.tool, arguments, tool_call_id=answer.call_id)
        back = ToolReturnPart(
            answer.tool,
            disguise.hide(framed(answer, cluster, limit)),
            tool_call_id=answer.call_id,
            metadata=metadata(answer),
            outcome="failed" if answer.failed else "success",
        )
        messages += [ModelResponse(parts=[call]), ModelRequest(parts=[back])]
    return messages


def scope_in_words(scope: Scope, cluster: str) -> str:
    """The scope as a line for the model."""
    parts = [f"cluster {cluster}"] if cluster else []
    parts.append(
        f"namespaces {', '.join(scope.namespaces)}" if scope.namespaces else "all namespaces"
    )
    if scope.selector:
        parts.append(f"objects with labels {scope.selector}")
    if scope.since:
        parts.append(f"events and logs of the last {scope.since} seconds")
    return f"(Scope: {'; '.join(parts)}.)"
