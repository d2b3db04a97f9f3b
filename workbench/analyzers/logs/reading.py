"""Reading a container's log, however long: what it says about why it stopped, and how it changed.

The reader keeps the last lines whole and everything else as counts, so that its memory does not
grow with the log. Most lines of most logs say nothing: they are passed over in batches with a few
substring searches, and only lines that hold one of ``STEMS`` are looked at one by one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from workbench.analyzers.logs.flaps import DOWN_STEMS, UP_STEMS, Flap, Flaps, says_down
from workbench.analyzers.logs.lines import LINE_MOST, Line, parse
from workbench.analyzers.logs.signatures import RULES, UNREACHABLE, VAGUE, Reason, cut, named
from workbench.analyzers.logs.traces import Trace, last_trace
from workbench.analyzers.logs.traffic import Traffic, traffic
from workbench.analyzers.logs.trends import Samples, Trend

TAIL_LINES = 60
"""How far back from the end a reason is looked for: what was fatal stands near the exit."""

KEPT_LINES = 400
"""How many of the last lines are kept whole: long stack traces stand before the last words."""

BATCH = 256
"""Lines that are passed over at once."""

SHAPES_MOST = 2000
"""How many differently worded lines of one log are looked at closely; the rest is counted."""

SIGNATURES_MOST = 50
"""How many different signatures a digest holds."""

REPEATED_MOST = 3
"""How many errors of no known kind it holds."""

SHAPE_MOST = 300
"""So many letters of a line, digits aside, are its wording."""

OWN_WORDS = 80
"""Two errors that begin with the same so many letters, digits aside, are the same error."""

STEMS = (
    "err", "fail", "exce", "fatal", "refused", "timeout", "timed out", "denied",
    "unable", "expired", "no such", "not ", "warn", "slow", "throttl", "reset", "deadl",
    "duration: ", "panic", "dropping", *DOWN_STEMS,
)  # fmt: skip
"""A line that says something is wrong holds one of these, or stands at the end anyway; each costs
about three hundredths of the reading (“not ” also finds “cannot ”)."""

START_STEMS = ("listening", "started on", "lost", "offline", " down")
"""What a program says when it has started, and what few say without a level beside it."""

START_BATCHES = 64
"""How far from its start a log is searched for those."""

_DIGITS = str.maketrans("", "", "0123456789")
_LISTENS = re.compile(
    r"\b(?:listening|listens?|serving|started|bound|bind)\b[^\n]{0,60}?(?:port(?:\(s\))?[ =:]{1,3}|:)(?P<port>\d{2,5})(?![\d.:])",
    re.IGNORECASE,
)
_LOOKS_BAD = re.compile(
    r"\b(?:fatal|panic|panicked|critical|emerg|error|exception|traceback|failed|failure|fails|cannot|could not"
    r"|unable to|segfault|segmentation fault|aborted|denied|killed|deadlock|invalid|missing|refused"
    r"|not found|timed out|unauthorized|forbidden|expired)\b|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)  # fmt: skip
_HARMLESS = re.compile(
    r"\b(?:0 errors?|no errors?|errors?[=:] ?0|error_log|error_page|without errors?"
    r"|failed[=:] ?0|0 failed)\b|# fails\b|\bfailures/s"
)
_TELLS_ANYWAY = re.compile(
    r"slow[ _-]?query|\bduration: \d{4,}|Pause Full|fsync-?ing the write ahead|cpu[ -]?throttl|fault_filter"
    r"|\bfeature[ _-]?flag\b",
    re.IGNORECASE,
)
"""What is trouble though its program calls it information: databases log slow queries so."""

_CLIENTS_OWN = re.compile(
    r"canceling statement due to user request|context canceled|client (?:disconnected|closed|went away)"
    r"|request aborted by|violates (?:unique|foreign key|check|not-null)|Duplicate entry|E11000",
    re.IGNORECASE,
)
"""What a server calls an error and is its client's wish or fault."""

_CLIENT_STATUS = re.compile(
    r"\bstatus(?:[ _]?code)?['\"]?[:= ]+['\"]?(?:40[04569]|41[0-7]|422)\b", re.IGNORECASE
)
"""The answer with which a server tells its client that the request is wrong."""

_IN_FIELDS = frozenset(
    {"auth", "denied", "rate-limited", "quota", "tls-expired", "no-space", "pool", "license"}
)
"""Kinds whose wordings mean the same in any field of a structured line."""

_PLAIN_STATES = frozenset({"missing-env", "missing-file", "bad-config", "unknown-flag", "license"})
"""Kinds whose wordings ordinary sentences hold too: they count only in lines that look bad."""

_LOGGER = re.compile(r"[\w.+`]+\[\d+\]")
"""A line of .NET's console logger that holds nothing but who logs; what it says stands below."""

_LEADER = re.compile(r"leaderelection|leader election|acquiring leader lease|became leader", re.I)
_STACK = re.compile(
    r"^\s*at |^\s*File \"|^\s*\.\.\. |^goroutine \d|^\s*\S+\.go:\d+|^exit status|^\s*\^|^npm (?:ERR|error)!"
    r"|^Node\.js v\d|^\s*from \S+\.rb:\d+|^main\.main|^\s*[})\]]"
)


_SUMMARY = re.compile(
    r"^.{0,40}\b(?:failed to start|start(?:up)? failed|exiting|shutting down|aborting|terminating"
    r"|stopped|process exited|exit(?:ed)? with|run failed|giving up|failed, )\b.{0,30}$",
    re.IGNORECASE,
)
"""Closing words that only repeat that it failed; the line before them says why."""


class Signature(msgspec.Struct, frozen=True):
    """One kind of trouble in a log: how often, from which line to which, and since when.

    times are as the log writes them, "" where its lines have none.
    """

    reason: Reason
    count: int = 1
    last_number: int = 0
    first_time: str = ""
    last_time: str = ""


class LogDigest(msgspec.Struct, frozen=True):
    """What a log says, in bounded size.

    reason: why it ended or what is wrong, by its last lines; None for an empty log.
    signatures: every known kind of trouble, the most frequent first.
    flaps: what was down and up again, many times.
    repeated: the errors of no known kind that it repeats most, the most frequent first.
    listening: ports that it says it listens on.
    errors, warnings: lines of that level, or that look like it.
    traffic: how the requests of its last ``KEPT_LINES`` lines were answered.
    """

    lines: int = 0
    reason: Reason | None = None
    trace: Trace | None = None
    signatures: tuple[Signature, ...] = ()
    repeated: tuple[Signature, ...] = ()
    trends: tuple[Trend, ...] = ()
    flaps: tuple[Flap, ...] = ()
    listening: tuple[int, ...] = ()
    errors: int = 0
    warnings: int = 0
    first_time: str = ""
    last_time: str = ""
    traffic: Traffic = Traffic()


def read(lines: Iterable[str]) -> LogDigest:
    """The digest of a log's lines, read once from first to last in bounded memory."""
    reader = _Reader()
    source = iter(lines)
    while batch := list(islice(source, BATCH)):
        reader.take(batch)
    return reader.digest()


def reason(log: str) -> Reason | None:
    """What the log gives as the reason, read from its end; None for an empty log."""
    return read(log.splitlines()).reason


class _Reader:
    """The running state: last lines, counts by wording, samples of numbers."""

    def __init__(self) -> None:
        self.lines = 0
        self.tail: deque[str] = deque(maxlen=KEPT_LINES)
        self.first = ""
        self.shapes: dict[bytes, str] = {}
        self.found: dict[str, list[Any]] = {}
        self.unknown: dict[str, list[Any]] = {}
        self.listening: dict[int, None] = {}
        self.samples = Samples()
        self.flaps = Flaps()
        self.downs: set[bytes] = set()
        self.errors = self.warnings = 0

    def take(self, batch: list[str]) -> None:
        if batch[0].endswith("\n"):
            batch = [line.rstrip("\r\n") for line in batch]
        if not self.first:
            self.first = next((line for line in batch if line.strip()), "")[:LINE_MOST]
        if max(map(len, batch)) > LINE_MOST:
            batch = [line[:LINE_MOST] for line in batch]
        self.tail.extend(batch)
        text = "\n".join(batch).lower()
        hits = (n for n in _hits(text, self._stems()) if n < len(batch))
        downs = [n for n in hits if self._look(batch[n], self.lines + n + 1)]
        if downs or self.flaps.down:
            self._follow(batch, {*downs, *_hits(text, UP_STEMS)})
        self.samples.take(batch, text)
        self.lines += len(batch)

    def _stems(self) -> tuple[str, ...]:
        return (*STEMS, *START_STEMS) if self.lines < START_BATCHES * BATCH else STEMS

    def _follow(self, batch: list[str], places: set[int]) -> None:
        """What of these lines says that something goes down or is up again."""
        for n in sorted(places):
            if n < len(batch):
                self.flaps.take(parse(batch[n]).text, batch[n], self.lines + n + 1)

    def _look(self, line: str, number: int) -> bool:
        """Count the line by its wording; whether it says that something is down."""
        shape = line[:SHAPE_MOST].encode(errors="replace").translate(None, b"0123456789")
        kind = self.shapes.get(shape)
        if kind is None:
            if len(self.shapes) >= SHAPES_MOST:
                self.errors += 1
                return False
            kind = self.shapes[shape] = self._classify(line, number)
            if says_down(line):
                self.downs.add(shape)
        elif (again := self.found.get(kind[1:]) or self.unknown.get(kind[1:])) is not None:
            again[1] += 1
            again[2], again[3] = number, line
        self.errors += kind[0] == "e"
        self.warnings += kind[0] == "w"
        return shape in self.downs

    def _classify(self, line: str, number: int) -> str:
        """``e``, ``w`` or ``i`` for how bad the line is, and the key of its signature if any."""
        parsed = parse(line)
        for ports in _LISTENS.finditer(parsed.text):
            self.listening[int(ports["port"])] = None
        weight = _weight(parsed)
        calm = weight == "i"
        if calm and parsed.level == "info" and not _TELLS_ANYWAY.search(parsed.text):
            return weight
        if _CLIENTS_OWN.search(parsed.text):
            return weight
        reason = named(parsed.text, line.strip(), number)
        if reason is None and parsed.level == "error" and line.lstrip()[:1] == "{":
            other = named(line, line.strip(), number)  # a field beside the message says why
            reason = other if other and other.kind in _IN_FIELDS else None
        if calm and (reason is None or reason.kind in _PLAIN_STATES):
            return weight
        if reason:
            weight = "w" if calm else weight
            key = f"{reason.kind}:{reason.says}"
        elif _CLIENT_STATUS.search(line):
            return weight
        elif (weight == "e" or _bad(parsed.text)) and not _says_nothing(parsed.text):
            key = parsed.text.translate(_DIGITS)[:OWN_WORDS]
            reason = Reason("error", cut(parsed.text, 200), cut(line.strip()), number)
        else:
            return weight
        held = self.unknown if reason.kind == "error" else self.found
        if key not in held and len(held) >= SIGNATURES_MOST:
            return weight
        entry = held.setdefault(key, [reason, 0, number, line])
        entry[1] += 1
        entry[2], entry[3] = number, line
        return weight + key

    def digest(self) -> LogDigest:
        numbered = list(enumerate(self.tail, self.lines - len(self.tail) + 1))
        trace = last_trace([(n, parse(t).text if t[:1].isdigit() else t) for n, t in numbered])
        signatures = (_signature(*entry) for entry in self.found.values())
        repeated = (_signature(*entry) for entry in self.unknown.values())
        newest = next((t for t in reversed(self.tail) if parse(t).time), "")
        return LogDigest(
            lines=self.lines,
            reason=_reason(numbered, trace),
            trace=trace,
            signatures=tuple(sorted(signatures, key=lambda s: (-s.count, s.reason.number))),
            repeated=tuple(sorted(repeated, key=lambda s: -s.count)[:REPEATED_MOST]),
            trends=self.samples.trends(),
            flaps=self.flaps.found(),
            listening=tuple(self.listening),
            errors=self.errors,
            warnings=self.warnings,
            first_time=parse(self.first).time,
            last_time=parse(newest).time,
            traffic=traffic(self.tail),
        )


def _signature(reason: Any, count: int, number: int, line: str) -> Signature:
    return Signature(reason, count, number, parse(reason.line).time, parse(line).time)


def _hits(text: str, stems: tuple[str, ...]) -> Iterator[int]:
    """Places of the lines in a batch that hold one of the stems, in order."""
    hit: set[int] = set()
    for stem in stems:
        at = text.find(stem)
        line, counted = 0, 0
        while at >= 0:
            line += text.count("\n", counted, at)
            hit.add(line)
            counted = text.find("\n", at)
            if counted < 0:
                break
            at = text.find(stem, counted)
    return iter(sorted(hit))


def _weight(parsed: Line) -> str:
    if parsed.level == "error":
        return "e"
    if parsed.level == "warn":
        return "w"
    if parsed.level == "info" or not _bad(parsed.text):
        return "i"
    return "e"


def _says_nothing(text: str) -> bool:
    return bool(_STACK.search(text) or _LOGGER.fullmatch(text))


def _bad(text: str) -> bool:
    return bool(_LOOKS_BAD.search(_HARMLESS.sub("", text)))


def _reason(numbered: list[tuple[int, str]], trace: Trace | None) -> Reason | None:
    """From the last lines: a line of a known kind (of a peer that cannot be reached best the one
    that names it: Node.js prints the code of an error below its message), else the head of the last stack trace, else the
    last line that looks bad, else a known kind said calmly, else the last line."""
    tail = [(n, t.strip(), parse(t)) for n, t in numbered[-TAIL_LINES:] if t.strip()]
    calm: Reason | None = None
    nameless: Reason | None = None
    for number, line, parsed in reversed(tail):
        if _LEADER.search(parsed.text):
            continue
        found = named(parsed.text, line, number)
        if found is None:
            continue
        if parsed.level == "info" and not _bad(parsed.text):
            calm = calm or found
        elif found.kind not in UNREACHABLE or found.host:
            return found if nameless is None or found.kind == nameless.kind else nameless
        else:
            nameless = nameless or found
    if nameless:
        return nameless
    if trace:
        head = named(trace.says, trace.says, trace.number)
        where = f" at {trace.at}" if trace.at else ""
        return head or Reason("trace", cut(trace.says, 200) + where, cut(trace.says), trace.number)
    return _last_error(tail) or calm or _last_line(tail)


def _last_error(tail: list[tuple[int, str, Line]]) -> Reason | None:
    summary: Reason | None = None
    for number, line, parsed in reversed(tail):
        if parsed.level != "info" and not _STACK.search(parsed.text) and _bad(parsed.text):
            found = Reason("error", cut(parsed.text, 200), cut(line), number)
            if not _SUMMARY.search(parsed.text):
                return found
            summary = summary or found
    if summary:
        return summary
    for number, line, parsed in reversed(tail):
        if parsed.level == "error" and not _STACK.search(parsed.text):
            return Reason("error", cut(parsed.text, 200), cut(line), number)
    return None


def _last_line(tail: list[tuple[int, str, Line]]) -> Reason | None:
    if not tail:
        return None
    number, line, parsed = tail[-1]
    return Reason("last-line", cut(parsed.text or line, 160), cut(line), number)


__all__ = ["RULES", "UNREACHABLE", "VAGUE", "LogDigest", "Reason", "Signature", "read", "reason"]
