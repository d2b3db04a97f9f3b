"""Which model to use, before any model library is imported."""

from __future__ import annotations

import msgspec

from workbench.agent.tape import Tape
from workbench.core.agents import AgentProfile
from workbench.errors import ModelUnavailable, UsageError

ANALYST = "analyst"
ANTHROPIC = "anthropic"
OPENAI = "openai"
SAME = "same"


class ModelChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for and what is at hand.

    spec: ``analyst``, ``provider:name``, a bare provider, or "" to go by the key present
        (Anthropic first, then OpenAI, then the analyst).
    fallbacks: specs of the models that take over, in this order, when one gives no answer.
    temperature, max_tokens: None for the model's own.
    context_tokens: what a model holds at once; None for what is known of it.
    reviewer: spec of the model that reads conclusions once more, ``same`` for the one that made
        them, "" for none.
    tape: keeps what the models answer, or is played in their place.
    """

    spec: str = ""
    fallbacks: tuple[str, ...] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    context_tokens: int | None = None
    reviewer: str = ""
    anthropic_api_key: str = ""
    anthropic_base_url: str = ""
    openai_api_key: str = ""
    openai_base_url: str = ""
    tape: Tape | None = None

    @property
    def label(self) -> str:
        """The spec, or what an empty one comes to. Safe to show: holds no key."""
        if self.spec.strip():
            return self.spec.strip()
        if self.anthropic_api_key:
            return ANTHROPIC
        return OPENAI if self.openai_api_key else ANALYST

    def suited(self, agent: AgentProfile, asked_for: str = "") -> ModelChoice:
        """The choice for an agent: the model asked for, else its own, else the one that is set."""
        return msgspec.structs.replace(
            self,
            spec=asked_for or agent.model or self.spec,
            temperature=self.temperature if agent.temperature is None else agent.temperature,
            max_tokens=agent.max_tokens or self.max_tokens,
        )

    def on(self, tape: Tape) -> ModelChoice:
        """The choice with its answers kept; or with a tape to play, which needs no other model."""
        if tape.keep:
            return msgspec.structs.replace(self, tape=tape)
        reviewer = SAME if tape.reviewed else ""
        return msgspec.structs.replace(self, tape=tape, fallbacks=(), reviewer=reviewer)

    @property
    def played(self) -> bool:
        return self.tape is not None and not self.tape.keep

    def each(self) -> tuple[ModelChoice, ...]:
        """The chosen model and those that take over from it, in order, each once."""
        specs = dict.fromkeys((self.label, *filter(None, map(str.strip, self.fallbacks))))
        return tuple(msgspec.structs.replace(self, spec=spec) for spec in specs)

    def check_key(self) -> None:
        """Raises ModelUnavailable where the provider takes a key and there is none. A server of
        your own (vLLM, Ollama) reads none."""
        if self.played:
            return
        match self.label.partition(":")[0].lower():
            case "anthropic" if not (self.anthropic_api_key or self.anthropic_base_url):
                hint = "Set ANTHROPIC_API_KEY, or use the model `analyst`, which needs no key."
            case "openai" if not (self.openai_api_key or self.openai_base_url):
                hint = (
                    "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own (vLLM, "
                    "Ollama), or use the model `analyst`, which needs no key."
                )
            case _:
                return
        raise ModelUnavailable(f"There is no key for {self.label}.", hint)

    def check_provider(self) -> None:
        """Raises UsageError for a provider that is not known here."""
        provider = self.label.partition(":")[0]
        if not self.played and provider.lower() not in (ANALYST, ANTHROPIC, OPENAI):
            raise UsageError(*no_provider(provider))

    def __repr__(self) -> str:
        return f"ModelChoice({self.label!r})"


def no_provider(name: str) -> tuple[str, str]:
    """That there is none of that name, and which there are."""
    return (
        f"There is no model provider called {name!r}.",
        f"Use {ANALYST}, {ANTHROPIC}:NAME or {OPENAI}:NAME; for other servers that speak the "
        "OpenAI protocol set OPENAI_BASE_URL and use openai:NAME.",
    )
