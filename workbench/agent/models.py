"""From a choice to a pydantic-ai model. Imports a provider's SDK only when it is the one used."""

from __future__ import annotations

import re
from typing import get_args

from pydantic_ai.models import KnownModelName, Model
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings

from workbench.agent.analyst.model import Analyst
from workbench.agent.choice import ANTHROPIC, OPENAI, ModelChoice, no_provider
from workbench.agent.recorded import Played, Recorded
from workbench.errors import ModelUnavailable

# The middle of each provider's price range; see ``newest``.
_FAMILY = {ANTHROPIC: "sonnet", OPENAI: "sol"}
_NO_KEY = "no-key-needed"  # the SDK wants one; vLLM and Ollama do not read it


def resolve_models(choice: ModelChoice) -> tuple[Model, ...]:
    """The chosen model and those that take over from it, in order, each once.

    Raises ModelUnavailable when any of them is not usable: a fallback that cannot work is better
    known before it is needed.
    """
    return tuple(map(resolve_model, choice.each()))


def resolve_model(choice: ModelChoice) -> Model:
    """The model for the choice.

    Raises ModelUnavailable when its key is missing, the provider is not known here, or a server
    was named without a model.
    """
    choice.check_key()
    provider, _, name = choice.label.partition(":")
    if choice.tape and choice.played:
        return Played(name, choice.tape, _profile(choice))
    model = _of_provider(provider, name, choice)
    keeps = choice.tape is not None and not isinstance(model, Analyst)
    return Recorded(model, choice.tape) if choice.tape and keeps else model


def _of_provider(provider: str, name: str, choice: ModelChoice) -> Model:
    match provider.lower():
        case "analyst":
            return Analyst()
        case "anthropic":
            return _anthropic(name or newest(ANTHROPIC), choice)
        case "openai":
            return _openai(name or _openai_default(choice), choice)
    raise ModelUnavailable(*no_provider(provider))


def newest(provider: str, names: tuple[str, ...] = ()) -> str:
    """The default model of a provider: the newest one the installed pydantic-ai knows.

    Of the names in its ``KnownModelName`` for the provider, those of the family in the middle of
    the price range (Claude Sonnet, GPT Sol), else all; of these the highest version, read from
    the numbers in the name. ``names`` stands in for the library's.
    """
    prefix = f"{provider}:"
    known = [n.removeprefix(prefix) for n in names or _known_names() if n.startswith(prefix)]
    family = [n for n in known if _FAMILY.get(provider, "") in n.split("-")]
    return max(family or known, key=lambda n: (_version(n), n))


def _known_names() -> tuple[str, ...]:
    return get_args(KnownModelName.__value__)


def _version(name: str) -> tuple[int, ...]:
    """(5, 5) of ``claude-sonnet-5-5``, (6, 1) of ``gpt-6.1-sol``; dates (2025…) do not count."""
    return tuple(int(n) for n in re.findall(r"\d+", name) if len(n) < 4)


def _anthropic(name: str, choice: ModelChoice) -> Model:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(
        api_key=choice.anthropic_api_key or _NO_KEY, base_url=choice.anthropic_base_url or None
    )
    provider.client.max_retries = 0  # the conversation asks again, within the budget
    return AnthropicModel(
        name, provider=provider, settings=_settings(choice), profile=_profile(choice)
    )


def _openai(name: str, choice: ModelChoice) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(
        api_key=choice.openai_api_key or _NO_KEY, base_url=choice.openai_base_url or None
    )
    provider.client.max_retries = 0  # the conversation asks again, within the budget
    return OpenAIChatModel(
        name, provider=provider, settings=_settings(choice), profile=_profile(choice)
    )


def _settings(choice: ModelChoice) -> ModelSettings:
    """``cache``: the part of a prompt that stays the same is read from the provider's cache, where
    it has one; Anthropic wants it marked."""
    settings = ModelSettings(cache=True)
    if choice.temperature is not None:
        settings["temperature"] = choice.temperature
    if choice.max_tokens is not None:
        settings["max_tokens"] = choice.max_tokens
    return settings


def _profile(choice: ModelChoice) -> ModelProfile | None:
    return ModelProfile(context_window=choice.context_tokens) if choice.context_tokens else None


def _openai_default(choice: ModelChoice) -> str:
    if choice.openai_base_url:
        raise ModelUnavailable(
            f"The server at {choice.openai_base_url} was named without a model.",
            "Set the model as openai:NAME, with a name that server serves.",
        )
    return newest(OPENAI)
