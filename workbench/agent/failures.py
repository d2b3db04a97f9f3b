"""Why a model gave no answer, as one sentence and what to try."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    FallbackExceptionGroup,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelTimeoutError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
)

from workbench.agent.patience import LONGEST, asked_to_wait
from workbench.core.characters import visible
from workbench.core.duration import human

ANALYST_INSTEAD = "or use the model `analyst`, which needs no key"
# pydantic-ai's words for a stream that holds no events and for an answer that is no JSON
_NOTHING = ("ended without content", "expected JSON data", "Expected a JSON response")
_DETAIL = 200  # characters of the provider's own words


class Failure(NamedTuple):
    """reason: what happened. hint: what to try."""

    reason: str
    hint: str


# The first class that matches decides, so narrow ones come before the ones they derive from.
_TABLE: tuple[tuple[type[BaseException], str, str], ...] = (
    (ModelAuthenticationError, "refused the key", f"Check the API key, {ANALYST_INSTEAD}."),
    (
        ModelQuotaExceededError,
        "says the account's quota or credit is used up",
        f"Top up the account, {ANALYST_INSTEAD}.",
    ),
    (
        ModelRateLimitError,
        "is limiting the rate of requests and did not let this one through",
        f"Ask again in a minute, {ANALYST_INSTEAD}.",
    ),
    (ModelNotFoundError, "does not exist there", "Check the model's name and the base URL."),
    (
        ModelContextWindowExceededError,
        "cannot hold this much text",
        "Narrow the question to a namespace, or use a model with a larger context window.",
    ),
    (ModelTimeoutError, "did not answer in time", f"Ask again, {ANALYST_INSTEAD}."),
    (
        ModelConnectionError,
        "cannot be reached",
        f"Check the base URL and the network, {ANALYST_INSTEAD}.",
    ),
    (
        OutputTokenLimitExceeded,
        "ran into its output limit before it concluded",
        "Ask a narrower question, or use another model.",
    ),
    (ContentFilterError, "declined to answer", "Rephrase the question, or use another model."),
    (
        UnexpectedModelBehavior,
        "gave answers that could not be used",
        f"Ask again with a stronger model, {ANALYST_INSTEAD}.",
    ),
)


def failure(error: BaseException, model: str) -> Failure:
    """The sentence and hint for an error pydantic-ai raised about ``model``."""
    if isinstance(error, FallbackExceptionGroup):
        error = error.exceptions[-1]
    if _lacks_tools(error):
        return Failure(
            f"The model {model} cannot call tools.",
            f"Use a model with tool support, {ANALYST_INSTEAD}.",
        )
    if isinstance(error, AgentRunError) and any(words in str(error) for words in _NOTHING):
        return Failure(
            f"The model {model} answered with nothing that is an answer.",
            "Check the base URL: a web page lives there, perhaps, and the API under /v1.",
        )
    for kind, what, hint in _TABLE:
        if isinstance(error, kind):
            return Failure(f"The model {model} {what}{_detail(error)}.", _in_time(error) or hint)
    return Failure(
        f"The model {model} could not answer{_detail(error)}.", f"Ask again, {ANALYST_INSTEAD}."
    )


def _in_time(error: BaseException) -> str:
    """When to ask again, where a provider names a time that is not soon."""
    wait = asked_to_wait(error) if isinstance(error, ModelRateLimitError) else None
    if wait is None or not LONGEST < wait < inf:
        return ""
    return f"Ask again in {human(wait)}, {ANALYST_INSTEAD}."


def writes_calls(model: str) -> Failure:
    """For a model whose server hands tool calls on as text."""
    return Failure(
        f"The model {model} cannot call tools here: it writes its calls as text.",
        "Start its server with a parser for tool calls (vLLM: --enable-auto-tool-choice and "
        f"--tool-call-parser), use a model with tool support, {ANALYST_INSTEAD}.",
    )


def _lacks_tools(error: BaseException) -> bool:
    """Ollama and vLLM answer 400 to a request that carries tools the model was not made for."""
    if not isinstance(error, ModelRequestRejectedError):
        return False
    said = str(error).lower()
    return "tool" in said and ("support" in said or "tool-call-parser" in said)


def _detail(error: BaseException) -> str:
    if isinstance(error, ModelHTTPError):
        said = _said(error.body)
        return f" (HTTP {error.status_code}{': ' + said if said else ''})"
    said = _short(error.message if isinstance(error, ModelAPIError) else str(error))
    return f" ({said})" if said else ""


def _said(body: object) -> str:
    """The provider's message: ``{"error": {"message": …}}``, or one level less."""
    for _ in range(3):
        if isinstance(body, dict):
            body = body.get("message") or body.get("error")
    return _short(body) if isinstance(body, str) else ""


def _short(text: str) -> str:
    line = " ".join(visible(text).split()).rstrip(".")
    return line if len(line) <= _DETAIL else line[: _DETAIL - 1] + "…"
