"""Why a model gave no embeddings, as one sentence and what to try."""

from __future__ import annotations

from typing import NamedTuple

from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError

from workbench.core.characters import one_line

_SAID = 200  # characters of the provider's own words
_STATUS = {
    401: ("refused the key", "Check OPENAI_API_KEY."),
    403: ("refused the key", "Check OPENAI_API_KEY."),
    404: ("does not exist there", "Check the model's name and the base URL."),
    429: ("is limiting requests", "Try again in a minute."),
}


class Failure(NamedTuple):
    """reason: what happened. hint: what to try."""

    reason: str
    hint: str


def failure(error: Exception, name: str) -> Failure:
    """The sentence and hint for what the library raised about the model of that name."""
    if isinstance(error, AttributeError | TypeError):  # it reads whatever came as the form it wants
        return Failure(
            f"{name} answered with nothing that is an embedding.",
            "Check the base URL: it usually ends in /v1.",
        )
    if isinstance(error, ModelHTTPError):
        said = _said(error.body)
        detail = f"HTTP {error.status_code}{': ' + said if said else ''}"
        what, hint = _STATUS.get(error.status_code, ("gave no embeddings", ""))
        return Failure(f"{name} {what} ({detail}).", hint)
    away = "Is its server up, and the base URL right?" if isinstance(error, ModelAPIError) else ""
    return Failure(f"{name} gave no embeddings: {one_line(str(error), _SAID).rstrip('.')}.", away)


def _said(body: object) -> str:
    """The provider's message: ``{"error": {"message": …}}``, or one level less."""
    for _ in range(3):
        if isinstance(body, dict):
            body = body.get("message") or body.get("error")
    return one_line(body, _SAID).rstrip(".") if isinstance(body, str) else ""
