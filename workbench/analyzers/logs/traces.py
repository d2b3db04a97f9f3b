"""The head of a stack trace: which exception, in whose code."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

FRAMES_MOST = 400
"""Longest trace that is followed, in lines."""


class Trace(msgspec.Struct, frozen=True):
    """language: Python, Java, Go, Node, .NET or Ruby; says: the exception and its message;
    at: the topmost frame; number: the line of the head, from 1."""

    language: str
    says: str
    at: str = ""
    number: int = 0


_PYTHON = re.compile(r"Traceback \(most recent call last\):")
_PYTHON_END = re.compile(
    r"^(?P<says>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|[A-Z]\w*)(?:: .*)?)$"
)
_GO = re.compile(r"(?:^|\s)(?:panic: |fatal error: )(?P<says>.+)$")
_GO_FRAME = re.compile(r"^\s+(?P<at>/\S+\.go:\d+)")
_JAVA = re.compile(
    r"(?:Exception in thread \"[^\"]*\" |Caused by: |^)(?P<says>(?:[a-z]\w*\.)+[A-Z][\w$]*(?:Exception|Error|Throwable)\b.*)"
)
_JAVA_FRAME = re.compile(r"^\s*at (?P<at>(?!.*node:)[\w.$<>/@-]+\([\w.$ ]+(?::\d+)?\))")
_DOTNET = re.compile(r"(?:Unhandled exception\.? )(?P<says>[\w.]+(?:Exception|Error): .*)")
_DOTNET_FRAME = re.compile(r"^\s*at (?P<at>[\w.`<>+]+\(.*\)(?: in \S+:line \d+)?)")
_NODE = re.compile(r"^(?:Uncaught )?(?P<says>(?:[A-Z]\w*)?(?:Error|Exception)(?: \[\w+\])?: .*)$")
_NODE_FRAME = re.compile(r"^\s+at (?P<at>.*(?:\(.*:\d+:\d+\)|:\d+:\d+))")
_RUBY = re.compile(r"^(?P<at>\S+\.rb:\d+):in [`'].*': (?P<says>.+)$")
_FRAMED = (
    ("Java", _JAVA, _JAVA_FRAME),
    (".NET", _DOTNET, _DOTNET_FRAME),
    ("Node", _NODE, _NODE_FRAME),
)


def last_trace(lines: Sequence[tuple[int, str]]) -> Trace | None:
    """The last stack trace in numbered lines, or None. In a chain of causes the innermost one."""
    found: Trace | None = None
    for place, (number, line) in enumerate(lines):
        trace = _starts(lines, place, number, line)
        if trace:
            found = trace
    return found


def _starts(lines: Sequence[tuple[int, str]], place: int, number: int, line: str) -> Trace | None:
    after = [text for _, text in lines[place + 1 : place + 1 + FRAMES_MOST]]
    if _PYTHON.search(line):
        return _python(after, number)
    if found := _GO.search(line):
        if not any(t.startswith("goroutine ") for t in after[:6]):
            return None
        frames = [f["at"] for f in map(_GO_FRAME.match, after) if f]
        own = [f for f in frames if "/usr/local/go/" not in f]
        return Trace("Go", found["says"].strip(), (own or frames or [""])[0], number)
    if found := _RUBY.match(line):
        return Trace("Ruby", found["says"].strip(), found["at"], number)
    for language, head, frame in _FRAMED:
        found = head.search(line)
        at = next((f["at"] for f in map(frame.match, after[:3]) if f), "") if found else ""
        if found and at:
            return Trace(language, found["says"].strip(), at, number)
    return None


def _python(after: Sequence[str], number: int) -> Trace | None:
    at = ""
    for text in after:
        if text.lstrip().startswith('File "'):
            at = text.strip()
        elif not text.startswith((" ", "\t")) and (found := _PYTHON_END.match(text.strip())):
            return Trace("Python", found["says"], at, number)
        elif text and not text.startswith((" ", "\t")):
            return None
    return None
