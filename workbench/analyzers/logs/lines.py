"""One log line as its parts: when, how bad, and what it says, whatever wrote it.

Known forms: kubectl's ``--timestamps`` prefix, JSON lines, logfmt, klog, log4j and its like, and
plain text.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

LINE_MOST = 2000
"""Longest piece of a line that is looked at, in characters."""

JSON_MOST = 8000
"""Longest line that is read as JSON; what is longer is looked at as text."""


class Line(msgspec.Struct, frozen=True):
    """level: ``error``, ``warn``, ``info`` or "" where the line names none; time: as written."""

    text: str
    level: str = ""
    time: str = ""


_PREFIX = re.compile(
    r"(?P<time>\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)"
    r"(?:\]| \[\d+\](?= [A-Z]+:))?[ \t:|-]*"  # PostgreSQL writes its process id after the time
)
_WITHIN = re.compile(
    r"^(?:\S+ \S+ \S+ \[|\d+:[A-Z] |\[)"
    r"(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}|\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d)"
)
"""Times that stand further in: the common log format's, and Redis' own."""
_CLOCK = re.compile(r"\[?(?P<time>\d\d:\d\d:\d\d(?:[.,]\d+)?)\]?[ :|-]+")
_KLOG = re.compile(
    r"(?P<level>[IWEF])(?P<time>\d{4} \d\d:\d\d:\d\d(?:\.\d+)?)\s+\d+ [\w./-]+:\d+\]\s*"
)
_KLOG_ERROR = re.compile(r"^\"(?P<text>[^\"]*)\" .*?\berr=\"(?P<error>.*?)\"(?= \w+=|$)")
"""``"Reconciler error" err="…" controller="…"``, klog's structured form."""
_LEVEL = re.compile(
    r"^(?:\[\d+\] |\[[\w.:/ -]{1,60}\] (?:- )?|[\w.]{1,40} - )?[\[(<\"]?(?P<level>TRACE|DEBUG|INFO|NOTICE|LOG|WARN(?:ING)?|ERR(?:OR)?|ERRO|SEVERE|CRIT(?:ICAL)?"
    r"|FATAL|EMERG|ALERT|INF|WRN|DBG|FAIL(?=:)|(?-i:PANIC))[\])>\":]*(?=[\s:|\[]|$)[\s:|-]*",
    re.IGNORECASE,
)  # fmt: skip
_THREAD = re.compile(
    r"^(?:\d+ --- )?(?:\[[^\]]{1,60}\]\s+){0,2}(?:[a-z]\w*(?:\.\w+)+|[A-Z]\w+)\s+(?:-|:)\s+"
)
_LOGFMT_KEY = re.compile(r"\b(?:level|lvl|severity)=\"?(\w+)")
_LOGFMT = re.compile(r"\b(msg|message|err|error|cause|reason)=(?:\"((?:[^\"\\]|\\.)*)\"|(\S+))")
_LOGFMT_TIME = re.compile(r"\b(?:time|ts|t)=\"?([^\s\"]+)")

_LEVELS = {
    "e": "error", "f": "error", "s": "error", "c": "error", "a": "error", "p": "error",
    "w": "warn", "i": "info", "d": "info", "t": "info", "n": "info", "l": "info",
}  # fmt: skip
_NESTED = ("record", "attr")
"""Objects in a JSON line that hold what is said: CloudNativePG's record, MongoDB's attributes."""
_TEXT_KEYS = ("msg", "message", "log", "event", "body", "text", "@m", "@mt", "short_message")
_ERROR_KEYS = (
    "error", "err", "exception", "exc", "exc_info", "@x", "cause", "reason", "stack", "stack_trace",
    "stacktrace", "error.message", "exception.message", "error_message", "errorMessage", "details",
    "detail",
)  # fmt: skip
_LEVEL_KEYS = ("level", "severity", "lvl", "@l", "loglevel", "log.level", "levelname")
_TIME_KEYS = ("time", "ts", "timestamp", "@timestamp", "@t", "date", "asctime", "t")


def parse(line: str) -> Line:
    """The parts of one line. Any text at all is accepted; binary parts are shown as dots."""
    line = printable(line[:JSON_MOST]).strip()
    stamp = ""
    if found := _PREFIX.match(line.lstrip("[")):
        stamp, line = found["time"], line.lstrip("[")[found.end() :]
    if line.startswith("{") and line.endswith("}"):
        return _json(line, stamp) or Line(line[:LINE_MOST], "", stamp)
    line = line[:LINE_MOST]
    if found := _KLOG.match(line):
        text = line[found.end() :]
        if structured := _KLOG_ERROR.match(text):
            text = f"{structured['text']}: {structured['error']}".replace('\\"', '"')
        return Line(text, _level(found["level"]), stamp or found["time"])
    if "=" in line and (level := _LOGFMT_KEY.search(line)):
        return _logfmt(line, level[1], stamp)
    return _plain(line, stamp)


def _plain(line: str, stamp: str) -> Line:
    for pattern in (_PREFIX, _CLOCK):
        if found := pattern.match(line.lstrip("[")):
            stamp, line = stamp or found["time"], line.lstrip("[")[found.end() :]
    if not stamp and (inner := _WITHIN.match(line)):
        stamp = inner["time"]
    level = _LEVEL.match(line)
    if level is None:
        return Line(line, "", stamp)
    text = line[level.end() :]
    text = _THREAD.sub("", text, count=1) or text
    return Line(text or line, _level(level["level"]), stamp)


def _level(word: Any) -> str:
    if isinstance(word, (int, float)) and not isinstance(word, bool):
        return "error" if word >= 50 else "warn" if word >= 40 else "info"  # bunyan, pino
    word = str(word).lower()
    if word.startswith("err") or word in ("50", "60"):
        return "error"
    return _LEVELS.get(word[:1], "")


def _json(line: str, stamp: str) -> Line | None:
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, dict):
        return None
    text = _first(tree, _TEXT_KEYS)
    level = next((_level(tree[k]) for k in _LEVEL_KEYS if tree.get(k)), "")
    more = _first(tree, _ERROR_KEYS)
    for inner in (tree[key] for key in _NESTED if isinstance(tree.get(key), dict)):
        more = more or _first(inner, (*_ERROR_KEYS, *_TEXT_KEYS))
        level = _level(inner.get("error_severity", "")) or level
    if "ctx" in tree:  # MongoDB's severity is a letter under "s"
        level = level or _level(tree.get("s", ""))
    if more and more not in text:
        text = f"{text}: {more}" if text else more
    return Line((text or line)[:LINE_MOST], level, stamp or _first(tree, _TIME_KEYS))


def _first(tree: dict[str, Any], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = tree.get(key)
        if isinstance(value, dict):
            known = ("message", "msg", "kind", "$date")
            value = next((value[k] for k in known if value.get(k)), None)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value:
            return str(value).split("\n", 1)[0]
    return ""


def _logfmt(line: str, level: str, stamp: str) -> Line:
    pairs = {
        key: (quoted or bare).replace('\\"', '"') for key, quoted, bare in _LOGFMT.findall(line)
    }
    words = [
        pairs[k] for k in ("msg", "message", "err", "error", "cause", "reason") if pairs.get(k)
    ]
    when = _LOGFMT_TIME.search(line)
    text = ": ".join(dict.fromkeys(words)) or line
    return Line(text, _level(level), stamp or (when[1] if when else ""))


def printable(text: str) -> str:
    """The text with terminal colours gone and unprintable characters as dots."""
    if text.isascii() and text.isprintable():
        return text
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return "".join(c if c.isprintable() or c == "\t" else "·" for c in text)
