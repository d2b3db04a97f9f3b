"""RE2, a linear-time engine: whether text could hold a secret, in which lines, and which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import re2

STATES_BYTES = 32 * 2**20
"""What RE2 may keep of the states it has met, which it does as it meets them: 8 MiB are too few for
text that holds secrets of every kind, 64 are no faster."""


WINDOW = 2**20
"""Characters read at once, so that a large text is not held in memory a second time."""
OVERLAP = 2**16
"""What is asked across lines are words with blanks between them, far shorter than this."""


def holds(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether the pattern matches anywhere in a text, in at most
    ``OVERLAP`` characters."""
    search = re2.compile(pattern, _options()).search

    def found(text: str) -> bool:
        return any(
            search(_readable(text[start : start + WINDOW + OVERLAP]).encode()) is not None
            for start in range(0, len(text) or 1, WINDOW)
        )

    return found


def lines_holding(pattern: str) -> Callable[[str], Iterator[tuple[int, int]]]:
    """A function that gives where each line begins and ends in which the pattern matches, in
    characters and in order. A match never goes past its line."""
    found = re2.compile(pattern, _options(one_line=True)).finditer

    def spans(text: str) -> Iterator[tuple[int, int]]:
        for first, window in _windows(text):
            told = _readable(window).encode()
            lines = _lines(told, found(told))
            for start, end in lines if len(told) == len(window) else _in_characters(told, lines):
                yield first + start, first + end

    return spans


def matching(patterns: Sequence[str]) -> Callable[[str], list[int]]:
    """A function that gives the indexes of the patterns that match anywhere in a line, in order."""
    group = re2.Set.SearchSet(_options(one_line=True))
    for pattern in patterns:
        group.Add(pattern)
    group.Compile()
    return lambda line: sorted(group.Match(_readable(line)) or ())


def _options(one_line: bool = False) -> re2.Options:
    options = re2.Options()
    options.never_capture = True
    options.never_nl = one_line
    options.max_mem = STATES_BYTES
    return options


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """The text in windows of whole lines, each with where it begins."""
    if len(text) <= WINDOW:
        yield 0, text
        return
    start = 0
    while start < len(text):
        end = text.find("\n", start + WINDOW) + 1 or len(text)
        yield start, text[start:end]
        start = end


def _lines(told: bytes, matches: Iterator[Any]) -> Iterator[tuple[int, int]]:
    end = -1
    for match in matches:
        at = match.start()
        if at < end:
            continue
        start = told.rfind(b"\n", end + 1, at) + 1 or end + 1
        end = told.find(b"\n", at)
        if end < 0:
            end = len(told)
        yield start, end


def _in_characters(told: bytes, spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    seen = characters = 0
    for start, end in spans:
        begin = characters + len(told[seen:start].decode())
        seen, characters = end, begin + len(told[start:end].decode())
        yield begin, characters


_SURROGATE = re.compile("[\ud800-\udfff]")


def _readable(text: str) -> str:
    r"""The text with as many characters, but no vertical tabs, which RE2's ``\s`` leaves out, and
    no lone surrogates, which UTF-8 has no bytes for."""
    text = text.replace("\v", " ")
    return text if text.isascii() else _SURROGATE.sub("?", text)
