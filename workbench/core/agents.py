"""An agent with a name: what it knows about, which model it asks and which tools it may use."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from workbench.core.tools import Tools


class AgentProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Empty fields mean the default.

    description: one line on what it is good for; a lead agent chooses by it.
    prompt: what it is told beside the method every investigation follows.
    tools: names of tools or tool servers it may use, as ``core.terms.Terms.tools`` writes them.
    team: names of the agents it may hand parts of a question to.
    temperature, max_tokens: None for the model's own.
    """

    name: str = ""
    description: str = ""
    model: str = ""
    prompt: str = ""
    tools: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    temperature: float | None = None
    max_tokens: int | None = None


DEFAULT = AgentProfile()
"""The investigator as it is, with all tools."""


class Colleague(NamedTuple):
    """Another agent that may be asked, and the tools it has."""

    profile: AgentProfile
    tools: Tools
