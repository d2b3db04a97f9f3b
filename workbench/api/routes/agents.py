"""Agents: a model, a prompt and the tools that go with them, under a name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.answers import Json, Page, answers
from workbench.api.caller import Admin, Caller, Viewer
from workbench.errors import NotRecorded, UsageError
from workbench.store.agent_configs import AgentConfig

router = APIRouter(prefix="/agents", tags=["agents"])

Name = Annotated[str, Path(min_length=1, max_length=100)]
EXAMPLE: dict[str, Any] = {
    "name": "network",
    "description": "Services, DNS and policies",
    "tools": ["kube_events"],
}


class Agent(BaseModel):
    """What an agent is made of. Empty fields mean the default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    description: str = Field("", max_length=2_000)
    model: str = Field("", max_length=200, description="`provider:model`.")
    system_prompt: str = Field("", max_length=65_536)
    tools: list[str] = Field([], max_length=500, description="Empty for all of them.")
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    metadata: dict[str, Any] = {}

    def named(self, name: str, caller: Caller) -> AgentConfig:
        return AgentConfig(
            id=caller.workbench.new_id(),
            name=name,
            description=self.description,
            model=self.model,
            system_prompt=self.system_prompt,
            tools=tuple(self.tools),
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            metadata=self.metadata,
        )


class NewAgent(Agent):
    """An agent and its name."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9-]*$")


@router.get("", **answers(AgentConfig, many=True))
async def listed(caller: Viewer) -> Json:
    """All of them, by name."""
    return Json(Page(items=await caller.workbench.store.agent_configs.list()))


@router.post("", **answers(AgentConfig, 201))
async def created(agent: NewAgent, caller: Admin) -> Json:
    """Make one. A name is given once."""
    agents = caller.workbench.store.agent_configs
    try:
        await agents.get(agent.name)
    except NotRecorded:
        return Json(await agents.save(agent.named(agent.name, caller)), status_code=201)
    raise UsageError(f"There is an agent {agent.name} already.", "Change it with PUT.")


@router.get("/{name}", **answers(AgentConfig))
async def opened(name: Name, caller: Viewer) -> Json:
    """One agent."""
    return Json(await caller.workbench.store.agent_configs.get(name))


@router.put("/{name}", **answers(AgentConfig))
async def changed(name: Name, agent: Agent, caller: Admin) -> Json:
    """Change one."""
    agents = caller.workbench.store.agent_configs
    await agents.get(name)
    return Json(await agents.save(agent.named(name, caller)))


@router.delete("/{name}", status_code=204, response_class=Response)
async def deleted(name: Name, caller: Admin) -> None:
    """Delete one. Conversations held with it stay."""
    await caller.workbench.store.agent_configs.delete(name)
