"""Log lines on standard error: for a person, or as JSON for a collector."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from workbench.core.redaction import redact_text
from workbench.errors import SettingsError

TEXT, JSON = "text", "json"

_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039  # never changed


@contextmanager
def about(**what: str) -> Iterator[None]:
    """Lines written in here (and in tasks that are started here) say so: ``user="ann"``."""
    token = _about.set({**_about.get(), **what})
    try:
        yield
    finally:
        _about.reset(token)


def start(form: str = TEXT, level: str = "") -> None:
    """Write the lines of this process as ``form``, from ``level`` on ("": warnings, and as JSON
    each request as well).

    Raises SettingsError when the package for JSON is not installed.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if form == JSON else _Line())
    least = level.upper() or ("INFO" if form == JSON else "WARNING")
    logging.basicConfig(handlers=[handler], level=least, force=True)
    for library in ("httpx", "httpx2", "mcp", "fastmcp", "papermill"):  # they tell of every step
        logging.getLogger(library).setLevel(logging.WARNING)


class _Line(logging.Formatter):
    """``warning: what happened (investigation …)``."""

    def format(self, record: logging.LogRecord) -> str:
        said = ", ".join(f"{name} {value}" for name, value in _about.get().items())
        line = f"{record.levelname.lower()}: {super().format(record)}"
        return redact_text(f"{line} ({said})" if said else line)


def _json() -> logging.Formatter:
    try:
        from structlog import processors, stdlib
    except ImportError as error:
        raise SettingsError(
            "log_format is json, and there is nothing here to write it with.",
            "pip install 'k8s-workbench[observability]'",
        ) from error
    return stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            stdlib.add_log_level,
            stdlib.add_logger_name,
            processors.TimeStamper(fmt="iso", utc=True, key="time"),
            stdlib.ExtraAdder(),
            processors.format_exc_info,
            _add_about,
        ],
        processors=[
            stdlib.ProcessorFormatter.remove_processors_meta,
            _redact,
            processors.JSONRenderer(),
        ],
    )


def _add_about(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**_about.get(), **line}


def _redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Messages of libraries quote what they were given."""
    return {k: redact_text(v) if isinstance(v, str) else v for k, v in line.items()}
