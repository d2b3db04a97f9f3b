"""How facts are said: counts, ages, owners and exit codes in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

_WRAPPER = re.compile(r"rpc error: code = \w+ desc = ")
"""What gRPC puts around an error; the error says more."""

# Linux signal(7) and the shell's convention that 128+n means "ended by signal n"; 125-127 are the
# container runtime's and the shell's own.
EXIT_CODES = {
    0: "it finished normally, but is meant to keep running",
    1: "an application error",
    2: "a usage error or an application error",
    126: "the command was found but is not executable",
    127: "the command was not found",
    128: "the container could not be started",
    132: "illegal instruction (SIGILL), often a build for another CPU",
    134: "the process aborted itself (SIGABRT)",
    135: "bus error (SIGBUS)",
    137: "killed with SIGKILL",
    139: "segmentation fault (SIGSEGV)",
    143: "told to stop with SIGTERM",
    255: "an application error",
}


def exit_code(code: int) -> str:
    """``code 139 (segmentation fault (SIGSEGV))``, in words a person knows."""
    meaning = EXIT_CODES.get(code)
    if meaning is None and code > 128:
        meaning = f"ended by signal {code - 128}"
    return f"code {code} ({meaning})" if meaning else f"code {code}"


def span(seconds: float) -> str:
    """A length of time the way kubectl says it, in words: ``32 min``, ``4 h``, ``3 days``."""
    seconds = max(seconds, 0)
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"


def age(now: datetime, since: datetime | None) -> float | None:
    """Seconds from ``since`` to ``now``; None when it is not known."""
    if since is None:
        return None
    if since.tzinfo is None:
        since = since.replace(tzinfo=now.tzinfo)
    return (now - since).total_seconds()


def listed(names: Sequence[str], most: int = 5) -> str:
    """``a, b and 3 more``."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def sentence(text: str, most: int = 300) -> str:
    """One line of foreign text, trimmed, without a final full stop."""
    text = " ".join(text.split()).rstrip(". ")
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def error_text(text: str, most: int = 300) -> str:
    """One line of an error, without a final full stop. Of a long one the beginning and the end:
    errors wrap each other, and the end says what was wrong in the first place. It is redacted
    before it is cut, as a cut may part a secret from the name that tells of it."""
    text = _WRAPPER.sub("", " ".join(text.split())).rstrip(". ")
    if len(text) <= most:
        return text
    from workbench.core.redaction import redact_text  # heavy, and long errors are few

    return elided(redact_text(text), most)


def elided(text: str, most: int) -> str:
    """At most so many letters of the text: its beginning and its end, with an ellipsis between."""
    if len(text) <= most:
        return text
    tail = most // 2
    head = text[: most - tail - 3].rpartition(" ")[0]
    end = text[-tail:].partition(" ")[2]
    return f"{head.rstrip()} … {end.lstrip()}"
