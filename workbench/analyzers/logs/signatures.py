"""What log lines of known kinds mean, in the wordings of the common runtimes and clients.

The wordings themselves are the tables in ``workbench/analyzers/sayings/``.
"""

from __future__ import annotations

import re

import msgspec

from workbench.analyzers.logs.sayings import SAYINGS

QUOTED_MOST = 300
"""Longest piece of a log line that is quoted, in characters."""


REFUSAL_MOST = 800
"""The same for a refusal of the API server, which says at its end what was refused to whom."""


class Reason(msgspec.Struct, frozen=True):
    """Why a log says it ended.

    kind: one of the names in ``RULES``, or ``error`` for a line that merely looks like one.
    says: the reason in plain words, with the names it mentions.
    line: the line, whole (cut at ``QUOTED_MOST``); ``number`` is its place in the log, from 1;
        0 for a message that was not read from a log.
    host, port: the peer it could not reach, when the line names one.
    variable: the environment variable or setting that is not set.
    path: the file or directory concerned.
    """

    kind: str
    says: str
    line: str
    number: int = 0
    host: str = ""
    port: str = ""
    variable: str = ""
    path: str = ""


UNREACHABLE = frozenset(
    {"refused", "unknown-host", "timeout", "no-route", "reset", "upstream", "unreached"}
)
"""Kinds that blame another host."""

VAGUE = frozenset({"error", "last-line", "trace"})
"""Kinds that quote a line without knowing what it means."""

RULES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (kind, says, re.compile(pattern, re.IGNORECASE)) for kind, says, pattern in SAYINGS
)
"""Checked in order; the first that matches a line names what it means."""


_PEER = re.compile(
    r"\w+://(?:[^@\s/\"]*@)?(?P<host>[A-Za-z0-9][\w.-]*)(?::(?P<port>\d{2,5}))?"
    r"|(?<![\w.])(?P<host2>[a-z][\w-]*(?:\.[\w-]+)*)"
    r"(?<!\.(?:go|py|js|ts|rb|rs|ex|cc|cs|kt|hh))(?<!\.(?:cpp|lua|php))(?<!\.[hc])(?<!\.java)"
    r"(?<!\.scala)(?<!\.swift):(?P<port2>\d{2,5})\b"
)
_SAYS_PEER = {
    "refused": "{host} refuses the connection",
    "timeout": "{host} does not answer in time",
    "unknown-host": "host {host} does not resolve",
    "no-route": "{host} cannot be routed to",
    "reset": "{host} resets the connection",
    "unreached": "{host} cannot be connected to",
}
"""A line may name its peer in another place than its reason: a URL, or HOST:PORT."""


def named(text: str, line: str, number: int) -> Reason | None:
    """What a line of a known kind means; ``text`` is its message, ``line`` all of it."""
    for kind, says, pattern in RULES:
        match = pattern.search(text)
        if match:
            return _reason(kind, says, match, line, number)
    return None


def _reason(kind: str, says: str, match: re.Match[str], line: str, number: int) -> Reason:
    names = {key.rstrip("234"): value for key, value in match.groupdict().items() if value}
    for blank in set(re.findall(r"\{(\w+)\}", says)) - names.keys():
        says = says.replace(f": {{{blank}}}", "").replace(f":{{{blank}}}", "")
        says = says.replace(f"{{{blank}}}", "something")
    if kind in UNREACHABLE and "host" not in names and (peer := _PEER.search(line)):
        names |= {key.rstrip("234"): value for key, value in peer.groupdict().items() if value}
        says = _SAYS_PEER.get(kind, says)
    return Reason(
        kind=kind,
        says=says.format(**names),
        line=cut(line, REFUSAL_MOST if kind == "rbac" else QUOTED_MOST),
        number=number,
        host=names.get("host", "").strip("[]"),
        port=names.get("port", ""),
        variable=names.get("variable", ""),
        path=names.get("path", ""),
    )


def cut(line: str, most: int = QUOTED_MOST) -> str:
    """The line, with an ellipsis where it is longer than ``most`` characters."""
    return line if len(line) <= most else line[: most - 1] + "…"
