"""From an HTTP answer that is not 2xx to the error that says what happened."""

from __future__ import annotations

import msgspec

from workbench.errors import (
    ClusterError,
    ClusterUnreachable,
    Forbidden,
    ObjectNotFound,
    Unauthorized,
)


class Status(msgspec.Struct, frozen=True):
    """metav1.Status as far as it is read."""

    message: str = ""
    reason: str = ""


class Expired(ClusterError):
    """The continue token or resource version is too old (HTTP 410); list anew."""


class Denied(Forbidden):
    """HTTP 403. ``said`` is the server's own sentence: who may not do what."""

    def __init__(self, message: str, hint: str, said: str) -> None:
        super().__init__(message, hint)
        self.said = said


class Rejected(ClusterError):
    """The API server refused the request itself (HTTP 400, 409, 415, 422)."""


def read_status(body: bytes) -> Status:
    """The Status object in ``body``; its plain text where it is none."""
    try:
        return msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Status(message=body[:300].decode("utf-8", "replace").strip())


def to_error(code: int, body: bytes, asked: str, context: str) -> ClusterError:
    """The error for an answer with HTTP status ``code``.

    asked: what was asked for, as in "list pods in shop".
    context: of which kubeconfig context.
    """
    status = read_status(body)
    said = status.message.rstrip(".") or f"HTTP {code}"
    if code == 401:
        return Unauthorized(
            f"Context {context} was refused when asked to {asked}: the token is expired or wrong.",
            "Log in anew, or renew the credentials of this context.",
        )
    if code == 403:
        return Denied(
            f"Not allowed to {asked} in context {context}: {said}.",
            "Ask for a role that allows it, or look at something else.",
            said,
        )
    if code == 404:
        return ObjectNotFound(
            f"Asked context {context} to {asked}: {said}.", "Check the name and the namespace."
        )
    if code == 410:
        return Expired(f"Asked context {context} to {asked}: {said}.", "List anew.")
    if code == 429:
        return ClusterError(
            f"Context {context} is too busy to {asked}: {said}.", "Try again in a little while."
        )
    if code < 500:
        return Rejected(f"Asked context {context} to {asked}: {said}.", "")
    return ClusterError(
        f"Context {context} failed to {asked}: {said} (HTTP {code}).",
        "The API server or something behind it is in trouble; try again.",
    )


def why(error: ClusterError) -> str:
    """The error as the reason of a Gap."""
    if isinstance(error, Denied):
        return f"forbidden: {error.said}"
    if isinstance(error, ClusterUnreachable):
        return f"no answer: {error.message}"
    return error.message
