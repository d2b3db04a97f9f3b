"""Reports of bugs to Sentry, where a DSN is set: where it happened, and nothing of what it had."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from workbench.core.redaction import redact_value
from workbench.errors import SettingsError

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def start(dsn: str) -> None:
    """Report exceptions that nobody handled, redacted, without variables, requests or people.

    Raises SettingsError when the package for it is not installed, or the DSN is none.
    """
    try:
        import sentry_sdk
        from sentry_sdk.utils import BadDsn
    except ImportError as error:
        raise SettingsError(
            "sentry_dsn is set, and there is nothing here to report with.",
            "pip install 'k8s-workbench[observability]'",
        ) from error
    try:
        sentry_sdk.init(
            dsn,
            release=version("k8s-workbench"),
            data_collection={
                "user_info": False,
                "http_bodies": [],
                "database_query_data": False,
                "queues": False,
                "stack_frame_variables": False,
                "frame_context_lines": 0,
            },
            auto_enabling_integrations=False,  # they would watch requests, queries and prompts
            max_breadcrumbs=0,
            before_send=_reported,
        )
    except BadDsn as error:
        raise SettingsError(f"sentry_dsn is not usable: {error}.", "Copy it again.") from error


def _reported(event: Event, _: Hint) -> Event:
    kept: Any = {key: value for key, value in event.items() if key not in ("request", "user")}
    reported: Event = redact_value(kept)
    return reported
