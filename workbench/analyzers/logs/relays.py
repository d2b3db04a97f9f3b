"""Complaints that a program only passes on: its peer's error, in its own log.

A gRPC client logs the status its server sent, a proxy logs its upstream's, a web service the 500 of
the one behind it. When another pod says the same at first hand, that one is where to look.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from workbench.analyzers.logs.complaints import SYMPTOMS
from workbench.analyzers.logs.lines import parse
from workbench.analyzers.logs.signatures import Reason, named
from workbench.core.findings import Finding

_RELAYED = re.compile(
    r"rpc error: code|StatusCode\.|Status\{code=|StatusRuntimeException: |\bupstream\b|\b50[0234]\b"
    r"|\b\d\d? (?:INTERNAL|UNKNOWN|UNAVAILABLE|ABORTED|NOT_FOUND|DEADLINE_EXCEEDED): |HTTP error"
    r"|responded with|from (?:service|upstream|server|backend)\b|(?:Client|Server)Error:",
    re.IGNORECASE,
)


_OF_A_STORE = frozenset({"read-only-data", "no-leader", "cache-full", "no-save"})
"""Kinds that a store tells its clients of itself."""

_FOR_CLIENTS = re.compile(r"\[\d+\](?: \S+)? ERROR:  ")
"""PostgreSQL logs the errors of the statements that it is sent; they are the clients' own."""

_SERVERS_OWN = frozenset({"damaged", "no-space", "read-only", "out-of-memory", "slow-disk"})
"""Kinds that a server logs as the error of a statement and that are its own trouble."""

_TURNS_AWAY = re.compile(r"\[\d+\](?: \S+)? FATAL:  ")
"""PostgreSQL refuses a connection; whoever asked for it says the same."""

_REJECTS = re.compile(r"\[\d+\](?: \S+)? FATAL:  |\[MY-\d+\]|\[Note\] Access denied")
"""PostgreSQL and MySQL note who came with wrong credentials; where to look is with whom."""

_SEARCH = re.compile(r"elastic|opensearch")

_POOL = "its connection pool is exhausted"
"""Said by whoever waits for a store that may be slow."""


def reason_of(finding: Finding) -> Reason | None:
    """What the log line that a finding points to means, by the tables."""
    line = _line(finding)
    return named(parse(line).text, line, 0) if line else None


def relayed(finding: Finding) -> bool:
    """Whether the line was said by another program first."""
    lines = [p.value for p in finding.evidence if p.path.startswith("log ")]
    return any(map(_RELAYED.search, lines)) or for_clients(finding)


def for_clients(finding: Finding) -> bool:
    """Whether a server only logs what its clients did wrong."""
    found, line = reason_of(finding), _line(finding)
    if found is not None and found.kind == "auth" and _REJECTS.search(line):
        return True
    own = found is not None and found.kind in _SERVERS_OWN
    return not own and bool(_FOR_CLIENTS.search(line))


def says_server(line: str) -> bool:
    """Whether it is PostgreSQL's own log that says so, and not a client's."""
    return bool(_FOR_CLIENTS.search(line) or _TURNS_AWAY.search(line))


def blames_others(finding: Finding) -> bool:
    """Whether what a log finding says is likely another program's fault: a symptom, or an error of
    no known kind, which may come from anywhere."""
    found = reason_of(finding)
    if relayed(finding) or found is None or found.says == _POOL:
        return True
    return found.kind in SYMPTOMS | _OF_A_STORE


def first_hand(findings: Sequence[Finding]) -> dict[int, list[int]]:
    """For each complaint that is passed on, those of other pods of the namespace that say the same
    and are not; by position."""
    sources: dict[tuple[str, str], list[int]] = defaultdict(list)
    passed: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n, one in enumerate(findings):
        if one.code == "LOG_ERRORS" and (found := reason_of(one)) and found.kind not in SYMPTOMS:
            held = passed if relayed(one) else sources
            held[one.subject.namespace, found.says].append(n)
    for key, said in sources.items():
        servers = [n for n in said if _serves(findings[n])]
        if servers:
            passed[key] += [n for n in said if n not in servers]
            sources[key] = servers
    return {n: sources[key] for key, echoes in passed.items() if sources[key] for n in echoes}


def _serves(finding: Finding) -> bool:
    """Whether it is the store's own word, and not that of one of its clients."""
    own = "search engine" in finding.message and bool(_SEARCH.search(finding.subject.name))
    found = reason_of(finding)
    refused = found is not None and found.kind != "auth" and _TURNS_AWAY.search(_line(finding))
    return own or bool(refused)


def _line(finding: Finding) -> str:
    return next((p.value for p in finding.evidence if p.path.startswith("log ")), "")
