"""What a run needs of the model library, imported and made in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic_ai.models import Model

from workbench.agent.choice import ModelChoice
from workbench.agent.conversation import Conversation
from workbench.agent.meter import Meter
from workbench.agent.models import resolve_models
from workbench.agent.specialists import Specialist
from workbench.core.agents import Colleague


class Loaded(NamedTuple):
    """models: in the order they are asked. ours: those to open and close, of specialists too."""

    make: type[Conversation]
    meter: type[Meter]
    models: tuple[Model, ...]
    specialists: tuple[Specialist, ...]
    ours: tuple[Model, ...]


def load(model: ModelChoice | Model, team: Sequence[Colleague]) -> Loaded:
    """Raises ModelUnavailable when a model that is named cannot be used."""
    if not isinstance(model, ModelChoice):
        specialists = tuple(Specialist(c.profile, c.tools) for c in team)
        return Loaded(Conversation, Meter, (model,), specialists, ())
    models = resolve_models(model)
    specialists = tuple(_specialist(c, model) for c in team)
    theirs = (m for s in specialists for m in s.models)
    return Loaded(Conversation, Meter, models, specialists, (*models, *theirs))


def _specialist(colleague: Colleague, model: ModelChoice) -> Specialist:
    profile = colleague.profile
    own = profile.model or profile.temperature is not None or profile.max_tokens
    models = resolve_models(model.suited(profile)) if own else ()
    return Specialist(profile, colleague.tools, models)
