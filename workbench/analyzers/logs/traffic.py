"""How a server answered the last requests that its log tells of: access logs of common servers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

FEW = 5
"""Fewer requests that failed may be unlucky ones."""

SHARE = 0.05
"""From this share of failed requests on, users notice."""

_METHOD = r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
_STATUS_KEY = r"(?:[\w.]*\.)?(?:status|status_?code|response_?code|resp\.status|http_?status)"
_ANSWERED = re.compile(
    rf"\"{_METHOD} (?P<path>[^\s?\"]+)[^\"]*\" (?P<status>[1-5]\d\d)\b"  # the common log format
    rf"|\| (?P<status2>[1-5]\d\d) \|(?:.*\"(?P<path2>/[^\s?\"]*))?"  # gin
    rf"|\b{_METHOD} (?P<path3>/[^\s?]*)(?: HTTP/[\d.]+)?\"? (?P<status3>[1-5]\d\d)\b"  # morgan
    rf"|\"?\b{_STATUS_KEY}\"?[=:] ?\"?(?P<status4>[1-5]\d\d)\b",  # JSON lines and logfmt
    re.IGNORECASE,
)
_PATH = re.compile(
    r"\"?\b(?:[\w.]*\.)?(?:path|uri|url|request_uri)\"?[=:] ?\"?(?P<path>/[^\s?\",]*)"
)
_PROBE = "kube-probe"
PROXIES = re.compile(
    r"ingress|gateway|proxy|envoy|traefik|kong|nginx-controller|istio", re.IGNORECASE
)
"""Images and names of containers that only pass on what others answer."""


class Traffic(msgspec.Struct, frozen=True):
    """Requests of the lines looked at: how many, how many of them ended in 5xx, with which status
    and path most of all, and the last such line with its place among the lines (from 1)."""

    requests: int = 0
    failed: int = 0
    status: str = ""
    path: str = ""
    line: str = ""
    place: int = 0

    @property
    def fails(self) -> bool:
        return self.failed >= FEW and self.failed >= SHARE * self.requests


def traffic(lines: Iterable[str]) -> Traffic:
    """What lines of access logs say of requests and their answers; probes are left out."""
    requests, statuses, paths = 0, Counter[str](), Counter[str]()
    last, place = "", 0
    for number, line in enumerate(lines, 1):
        found = _ANSWERED.search(line) if _PROBE not in line else None
        if found is None:
            continue
        requests += 1
        status = next(v for k, v in found.groupdict().items() if v and k.startswith("status"))
        if status.startswith("5"):
            statuses[status] += 1
            paths[_path(found, line)] += 1
            last, place = line, number
    paths.pop("", None)
    return Traffic(
        requests=requests,
        failed=statuses.total(),
        status=_most(statuses),
        path=_most(paths),
        line=last,
        place=place,
    )


def _path(found: re.Match[str], line: str) -> str:
    spelled = found["path"] or found["path2"] or found["path3"]
    if spelled:
        return spelled
    beside = _PATH.search(line)
    return beside["path"] if beside else ""


def _most(counted: Counter[str]) -> str:
    return max(counted, key=lambda key: (counted[key], key), default="")
