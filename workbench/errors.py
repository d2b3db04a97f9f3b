"""Everything that can go wrong, as one tree.

::

    WorkbenchError
    ├── UsageError                what was typed makes no sense
    ├── AccessDenied              whoever asks may not
    │   ├── NotSignedIn           nobody knows who asks
    │   └── IssuerUnavailable     nobody can tell now who asks
    ├── TooBusy                   one person asks too much at a time
    │   ├── QuotaUsed             one person has had what they may have in a day
    │   └── Overloaded            all of them together do
    ├── TooLarge                  more was sent than is taken
    ├── SettingsError             workbench.toml or the environment holds something unusable
    ├── ClusterError              the Kubernetes API
    │   ├── ContextUnknown        no such context in the kubeconfig
    │   ├── ClusterUnreachable    nobody answers
    │   ├── Unauthorized          the token is missing, wrong or expired
    │   ├── Forbidden             known, but not allowed
    │   └── ObjectNotFound        nothing of that kind and name
    ├── SnapshotError             a file that was to be a cluster is not one
    ├── StoreError                PostgreSQL
    │   ├── StoreUnavailable      it cannot be reached or started
    │   ├── NotRecorded           nothing is kept under that name
    │   ├── Conflict              somebody else was first
    │   └── MigrationError        its schema cannot be brought up to date
    ├── GatewayUnavailable        the workbench server that does the work does not answer
    ├── ToolError                 an MCP tool call
    │   ├── ToolUnknown           no such tool
    │   ├── ToolServerDown        the tool server is not running or went away
    │   │   └── OutcomeUnknown    it went away after it was asked; it may have done it
    │   ├── ToolTimeout           no answer before the deadline
    │   ├── ToolRefused           policy said no; nothing was run
    │   └── ToolFailed            the tool ran and says why it could not
    ├── ModelError                the language model
    │   └── ModelUnavailable      no answer from it, or no key for it
    ├── RunbookError              a runbook notebook
    │   ├── RunbookUnknown        no runbook of that name
    │   ├── ParameterError        a parameter is missing, unknown or of the wrong type
    │   └── RunbookFailed         a cell raised
    └── KnowledgeError            documents and what is found in them
        ├── DocumentUnreadable    a document cannot be taken in
        ├── EmbedderUnavailable   no embeddings from the model, or none that fit
        └── RerankerUnavailable   no scores from the server that orders passages again

An error says what was asked, of whom, and what to try: ``message`` holds the first two and
``hint`` the last. The model reads the same sentence as the person.
"""

from __future__ import annotations


class WorkbenchError(Exception):
    """Base of every error raised on purpose.

    message: one sentence, what was asked of whom and what came back.
    hint: one sentence, what to try. May be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def _render_traceback_(self) -> list[str]:
        """IPython asks for this: the sentence and what to try, as a command says them, without a
        traceback."""
        return [f"workbench: {self.message}", *([self.hint] if self.hint else [])]


class UsageError(WorkbenchError):
    """What was typed makes no sense: an unknown option, a bad value."""


class AccessDenied(WorkbenchError):
    """Whoever asks is known and may not do this."""


class NotSignedIn(AccessDenied):
    """There are no credentials, or none that are valid."""


class IssuerUnavailable(AccessDenied):
    """Whoever issues the tokens does not answer, so that none can be checked."""


class TooBusy(WorkbenchError):
    """One person asks too much at a time. ``seconds``: when to try again."""

    def __init__(self, message: str, hint: str = "", seconds: int = 60) -> None:
        super().__init__(message, hint)
        self.seconds = seconds


class QuotaUsed(TooBusy):
    """Somebody has had as much as they may have in a day."""


class Overloaded(TooBusy):
    """As much as this process can do is under way already, whoever asked for it."""


class TooLarge(WorkbenchError):
    """More was sent than is taken."""


class SettingsError(WorkbenchError):
    """workbench.toml or the environment holds something unusable."""


class ClusterError(WorkbenchError):
    """The Kubernetes API did not do what was asked."""


class ContextUnknown(ClusterError):
    """The kubeconfig has no such context."""


class ClusterUnreachable(ClusterError):
    """Nobody answers at the API server's address."""


class Unauthorized(ClusterError):
    """The API server does not accept these credentials (HTTP 401)."""


class Forbidden(ClusterError):
    """The credentials are known but may not do this (HTTP 403)."""


class ObjectNotFound(ClusterError):
    """No object of that kind and name (HTTP 404)."""


class SnapshotError(WorkbenchError):
    """A file that was to be a cluster snapshot is not one."""


class StoreError(WorkbenchError):
    """PostgreSQL did not do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or started. Nothing was run."""


class NotRecorded(StoreError):
    """Nothing is kept under that id, number or name, or it is somebody else's."""


class Conflict(StoreError):
    """Somebody else was first: it is decided already, or was written meanwhile."""


class MigrationError(StoreError):
    """The schema cannot be brought up to date."""


class GatewayUnavailable(WorkbenchError):
    """The workbench server behind WORKBENCH_GATEWAY does not answer, or not as a workbench."""


class ToolError(WorkbenchError):
    """An MCP tool call did not give a result."""


class ToolUnknown(ToolError):
    """No connected server offers that tool."""


class ToolServerDown(ToolError):
    """The tool server cannot be started or went away."""


class OutcomeUnknown(ToolServerDown):
    """The tool server went away after it was asked: nobody knows whether the tool ran."""


class ToolTimeout(ToolError):
    """No answer before the deadline."""


class ToolRefused(ToolError):
    """Policy said no; nothing was run."""


class ToolFailed(ToolError):
    """The tool ran and says why it could not do it."""


class ModelError(WorkbenchError):
    """The language model did not give a usable answer."""


class ModelUnavailable(ModelError):
    """The model cannot be reached, or there is no key for it."""


class RunbookError(WorkbenchError):
    """A runbook notebook cannot be run."""


class RunbookUnknown(RunbookError):
    """No runbook of that name."""


class ParameterError(RunbookError):
    """A runbook parameter is missing, unknown or of the wrong type. ``parameter``: which, where it
    is about one."""

    def __init__(self, message: str, hint: str = "", parameter: str = "") -> None:
        super().__init__(message, hint)
        self.parameter = parameter


class RunbookFailed(RunbookError):
    """A cell of the runbook raised."""


class KnowledgeError(WorkbenchError):
    """Documents could not be taken in or searched."""


class DocumentUnreadable(KnowledgeError):
    """A document cannot be taken in: damaged, binary, too large, or not there."""


class EmbedderUnavailable(KnowledgeError):
    """The embedding model gives no embeddings, or none that fit those that are kept."""


class RerankerUnavailable(KnowledgeError):
    """The server that orders passages again gives no scores, or none that fit them."""
