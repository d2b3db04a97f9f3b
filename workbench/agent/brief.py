"""What an investigation is given to begin with: the brief, and who takes it on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.agent.choice import ModelChoice
from workbench.agent.earlier import Earlier
from workbench.agent.retraced import NOT_FORKED, Retraced
from workbench.core.agents import DEFAULT, AgentProfile, Colleague
from workbench.core.budget import Budget
from workbench.core.cluster import Scope
from workbench.core.pseudonyms import Replaced
from workbench.core.terms import Table
from workbench.core.tools import Tools

if TYPE_CHECKING:
    from pydantic_ai.models import Model


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, about what, for how much, and what is known already.

    cluster: the name shown to people and models; the scope's context when empty.
    tables: read after the triage, as evidence like any other.
    replaced: what a model gets stand-ins for; the built-in analyst, which runs here, does not.
    earlier: what was asked and found before in the same conversation.
    before: what another investigation had called when this one was forked from it.
    """

    question: str
    scope: Scope
    budget: Budget
    cluster: str = ""
    tables: Sequence[Table] = ()
    replaced: Collection[Replaced] = ()
    earlier: Sequence[Earlier] = ()
    before: Retraced = NOT_FORKED


class Crew(NamedTuple):
    """Who looks: the agent that is asked, its model and tools, and the specialists it may ask."""

    model: ModelChoice | Model
    tools: Tools
    agent: AgentProfile = DEFAULT
    team: Sequence[Colleague] = ()
