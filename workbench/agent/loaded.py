"""What a run needs of the model library, imported and made in one go."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from pydantic_ai.models import Model

from workbench.agent.brief import Crew
from workbench.agent.choice import ANALYST, SAME, ModelChoice
from workbench.agent.conversation import Conversation
from workbench.agent.meter import Meter
from workbench.agent.models import resolve_model, resolve_models
from workbench.agent.specialists import Specialist
from workbench.core.agents import Colleague
from workbench.errors import ModelUnavailable


class Loaded(NamedTuple):
    """models: in the order they are asked. ours: those to open and close, of specialists too.
    reviewer: who reads the conclusion once more, SAME for the model that made it, None for nobody.
    """

    make: type[Conversation]
    meter: type[Meter]
    models: tuple[Model, ...]
    specialists: tuple[Specialist, ...]
    ours: tuple[Model, ...]
    reviewer: Model | str | None = None


def load(crew: Crew) -> Loaded:
    """Raises ModelUnavailable when a model that is named cannot be used."""
    model, team = crew.model, crew.team
    if not isinstance(model, ModelChoice):
        specialists = tuple(Specialist(c.profile, c.tools) for c in team)
        return Loaded(Conversation, Meter, (model,), specialists, ())
    models = resolve_models(model)
    specialists = tuple(_specialist(c, model) for c in team)
    reviewer = _reviewer(model)
    ours = [*models, *(m for s in specialists for m in s.models)]
    ours += [reviewer] if isinstance(reviewer, Model) else []
    return Loaded(Conversation, Meter, models, specialists, tuple(ours), reviewer)


def _reviewer(choice: ModelChoice) -> Model | str | None:
    spec = choice.reviewer.strip()
    if spec in ("", SAME):
        return spec or None
    if spec == ANALYST:
        raise ModelUnavailable(
            "The analyst cannot review conclusions.", "Set `reviewer` to a model, or to `same`."
        )
    return resolve_model(msgspec.structs.replace(choice, spec=spec))


def _specialist(colleague: Colleague, model: ModelChoice) -> Specialist:
    profile = colleague.profile
    own = profile.model or profile.temperature is not None or profile.max_tokens
    models = resolve_models(model.suited(profile)) if own else ()
    return Specialist(profile, colleague.tools, models)
