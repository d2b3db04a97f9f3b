"""What a log says is down, and up again, and down: connections, backends and checks."""

from __future__ import annotations

import re

import msgspec

LEAST = 4
"""So often something was down and up again before it counts: restarts and rollouts make a few."""

SUBJECTS_MOST = 50
"""Things of one log that are followed."""

DOWN_STEMS = ("disconnected", "unhealthy")
"""How lines say that something went down without saying that it is an error; the other wordings
stand in lines with a level, which are looked at anyway."""

UP_STEMS = (
    "connected", "healthy", "is up", "establish", "restored", "recover", "online", "available",
    "reachable", "ready",
)  # fmt: skip
"""How lines say that it is back: searched only while something is down."""

_STATE = (
    r"\b(?:is|are|was|now|went|goes|came|back|marked|marking|became|becomes|changed to|state[:=]"
    r"|status[:=])[ \"]*(?:as |now |currently )?"
)
_CONNECTION = r"\bconnection (?:(?:to|with|from) \S+ )?(?:was |has been |is )?"
_DOWN = re.compile(
    r"\bdisconnected\b|\bnot connected\b|\blost (?:the )?connection\b|\bunhealthy\b|\bnot healthy\b"
    rf"|{_CONNECTION}(?:lost|dropped)\b"
    rf"|{_STATE}(?:down|unreachable|unavailable|offline|not ready)\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b(?:re)?connected\b|\bhealthy\b|\brecovered\b"
    rf"|{_CONNECTION}(?:re-?)?(?:established|restored)\b"
    rf"|{_STATE}(?:up|reachable|available|online|ready)\b",
    re.IGNORECASE,
)
_CALLERS = re.compile(
    r"\b(?:clients?|users?|sessions?|visitors?|subscribers?|devices?|web-?sockets?|browsers?"
    r"|sockets?|players?|accepted|incoming)\b",
    re.IGNORECASE,
)
"""Who comes and goes as they please."""

_HOST = re.compile(
    r"(?<![\w/.-])(?P<host>\d{1,3}(?:\.\d{1,3}){3}|[a-z]\w*(?:[.-]\w+)+|[a-z]\w*(?=:\d{2,5}\b))"
    r"(?![/\w])",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"\b(?:broker|node|server|backend|upstream|peer|member|target|endpoint|replica|shard|to|from)"
    r"[ =:#]+(?P<name>[\w-]+)",
    re.IGNORECASE,
)
"""What a line is about: a host, else what it calls by its kind."""


class Flap(msgspec.Struct, frozen=True):
    """Something that was down and up again ``count`` times, with the first and the newest line that
    says it is down, and the newest that says either."""

    subject: str
    count: int
    first: str
    number: int
    line: str
    last_number: int
    last: str

    def __str__(self) -> str:
        return f"{self.subject or 'what it depends on'} is down and up again"


class Flaps:
    """The running state of one log: what is down now, and how often it was."""

    def __init__(self) -> None:
        self._seen: dict[str, _Turns] = {}
        self.down = 0
        """How many things are down at this line of the log."""

    def take(self, text: str, line: str, number: int) -> None:
        """One line: its own words, and as it stands in the log."""
        down = says_down(text)
        if not down and not (_UP.search(text) and not _CALLERS.search(text)):
            return
        turns = self._turns(_subject(text), down)
        if turns is None or turns.down == down:
            return
        turns.down = down
        self.down += 1 if down else -1
        turns.last_number, turns.last = number, line
        if down:
            turns.first = turns.first or line
            turns.number, turns.line = number, line
        else:
            turns.count += 1

    def found(self) -> tuple[Flap, ...]:
        """What came and went often enough, the most restless first."""
        often = ((s, t) for s, t in self._seen.items() if t.count >= LEAST)
        told = [
            Flap(s, t.count, t.first, t.number, t.line, t.last_number, t.last) for s, t in often
        ]
        return tuple(sorted(told, key=lambda f: -f.count))

    def _turns(self, subject: str, down: bool) -> _Turns | None:
        """Of what the line names; one that names nothing speaks of the only thing that is down."""
        if known := self._seen.get(subject):
            return known
        if down:
            full = len(self._seen) >= SUBJECTS_MOST
            return None if full else self._seen.setdefault(subject, _Turns())
        left = [t for t in self._seen.values() if t.down]
        return left[0] if len(left) == 1 and (not subject or "" in self._seen) else None


class _Turns:
    def __init__(self) -> None:
        self.down = False
        self.count = self.number = self.last_number = 0
        self.first = self.line = self.last = ""


def says_down(line: str) -> bool:
    """Whether the line says that something other than a client went down."""
    return bool(_DOWN.search(line)) and not _CALLERS.search(line)


def _subject(text: str) -> str:
    if host := _HOST.search(text):
        return host["host"].lower()
    kind = _KIND.search(text)
    return kind["name"].lower() if kind else ""
