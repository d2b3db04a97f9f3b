"""Names and values in text: ``password=…``, ``"apiKey": "…"``, ``--token …``, ``password is …``.

The search anchors at the word that says secret and reads the rest of the name before it, so that
text is looked at closely only around such words.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection
from typing import NamedTuple

from workbench.core.redaction.marks import Mark
from workbench.core.redaction.names import (
    could_be_a_token,
    held_by,
    is_object_name,
    is_placeholder,
    variable_holds_a_secret,
)

_OF_KEY = (
    "api|access|secret|private|encryption|signing|master|jwt|auth|account|shared|license|app"
    "|application|ssh|tls|webhook|hmac|aes|crypto|cookie|routing|integration|service|subscription"
    "|functions?|certificate|user|storageaccount|deploy|unseal|recovery|session|root|admin"
)
_PASSWORD = r"(?:passw(?:or)?d|pass(?:phrase|code)?|pwd|(?:root|\b|_)pw)"
_TOKEN = (
    rf"(?:secret(?:_?id)?|token|credentials?|(?:{_OF_KEY})[ _.-]?key(?:_?base)?|preshared[_-]?key|dsn"
    r"|psk|(?:\b|_)(?:otp|pat)|(?:connection|community)_?string|(?:password|auth)_?salt|erlang_?cookie|redis\w{0,6}_auth"
    r"|key_?data|(?:key|cert\w{0,20})-data|keyfile_data|macaroon|registry-auth)"
)
WORD = f"(?:{_PASSWORD}|{_TOKEN})"
_END = (
    "passw(?:or)?d|pass(?:phrase|code)?|pwd?|secret(?:_?id)?|token|credentials?|key(?:_?base)?|dsn|psk"
    "|otp|pat|string|salt|cookie|auth|data|macaroon"
)
"""The words that the names above end in; what stands before them decides."""
_QUOTE = r"(?:\\*[\"'])"
_SEPARATOR = r"\s*(?:=>|->|[=:])"
_OPEN = rf"(?:[nb]?{_QUOTE}|Some\(\\?\")"
_SAYS = r"(?:\s(?:to proceed[^\n:]*|for \w+ [\w.@-]+ to|for [\w.@-]+(?: (?:is|to))?|is|to|was|set to):?)?:?\s"
_PAIR_TRIGGER = (
    rf"(?i:{_PASSWORD}{_QUOTE}?\]?{_SEPARATOR}\s*{_OPEN}?[^\s\"'<«,;)\]}}\\][^\s\"'«]{{2}}"
    rf"|{_TOKEN}{_QUOTE}?\]?(?:{_SEPARATOR}\s*{_OPEN}[^\"'«]{{6}}|\s*=>?\s*[^\s\"'«<,;)\]}}]{{6}}"
    rf"|\s*(?::|->)\s*[^\s\"'«<,;)\]}}]{{12}}))"
)
_FLAG_TRIGGER = rf"(?i:(?:--|[\s\"']-)[\w.-]*{WORD}[\"']?[\s,]{{1,2}}[\"']?[^\s\"'-][^\s\"',]{{2}})"
_SAID_TRIGGER = (
    rf"(?i:passw(?:or)?d{_SAYS}[\"']?[^\s\"'«,;()]*\d|passphrase{_SAYS}[\"']?[^\s\"'«,;()]*\d"
    rf"|(?:token|api key|access key|secret key){_SAYS}[\"']?[^\s\"'«,;()]{{20}})"
)
_NAMED_TRIGGER = rf"(?i:(?:name|key)\\*[\"']?\s?[:=]\s?\\*[\"'][\w.-]*{WORD}[\w.-]*\\*[\"']\s?,?\s?\\*[\"']?value\\*[\"']?\s?[:=])"
TRIGGERS = (_NAMED_TRIGGER, _PAIR_TRIGGER, _FLAG_TRIGGER, _SAID_TRIGGER)
"""For the linear-time engine: they match whatever the patterns below match."""

_OF_NAMES = string.ascii_letters + string.digits + "_.-"
_LONGEST_KEY = 80
_PAIR = re.compile(
    rf"""(?:{_END})(?P<glue>{_QUOTE}?\]?{_SEPARATOR}\s{{0,40}}(?:[nb](?=['"])|Some\()?)"""
    r"""(?:"(?P<double>(?:[^"\\\n]|\\.)+)|'(?P<single>(?:[^'\\\n]|\\.)+)"""
    r"""|(?P<quote>\\{1,7}["'])(?P<escaped>(?:(?!(?P=quote))[^\n])+)"""
    r"""|(?P<bare>(?!\\[nrt])[^\s"'&,;)\]}<«\\](?:[^\s"'&,;)\]}«\\]|\\(?![nrt"'\\]))*={0,2}))""",
    re.IGNORECASE | re.ASCII,
)
_FLAG = re.compile(
    rf"""(?<![\w.])--?(?P<key>[\w.-]*{WORD})["']?[\s,]{{1,2}}["']?(?P<value>[^\s"'-][^\s"',\\]{{2,}})""",
    re.IGNORECASE | re.ASCII,
)
_SAID = re.compile(
    rf"""(?P<what>passw(?:or)?d|passphrase|token|api key|access key|secret key){_SAYS}"""
    r"""(?P<open>["']?)(?P<value>[^\s"'«,;()]{6,})""",
    re.IGNORECASE | re.ASCII,
)
_NAMED = re.compile(
    rf"""\b(?:name|key)\\*["']?\s?[:=]\s?\\*["'](?P<key>[\w.-]*{WORD}[\w.-]*)\\*["']\s?,?\s?\\*["']?value\\*["']?"""
    r"""\s?[:=]\s?\\*["'](?P<value>[^"'\\«]+)""",
    re.IGNORECASE | re.ASCII,
)

_ANCHOR = re.compile(
    "p(?=ass|w|sk|at)|s(?=ecret|tring|alt)|t(?=oken)|c(?=redential|ookie)|k(?=ey)|d(?=sn|ata)|o(?=tp)"
    "|a(?=uth)|m(?=acaroon)"
)
"""Where one of the words begins; they overlap (``rootpass``), so each is only looked ahead at."""
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Found(NamedTuple):
    """A pair: its name, its value and where the value stands."""

    key: str
    value: str
    start: int
    quoted: bool


class Pairs:
    """Takes the values of secret names out of one line."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self._steps = (self._names, self._pairs, self._flags, self._sayings)  # as TRIGGERS

    def redact(self, line: str, which: Collection[int]) -> str:
        """The line with a mark for every value whose name says that it is secret.

        which: indexes of the TRIGGERS that match in the line.
        """
        for number, step in enumerate(self._steps):
            if number in which:
                line = step(line)
        return line

    def _names(self, line: str) -> str:
        return _NAMED.sub(self._named, line)

    def _flags(self, line: str) -> str:
        return _FLAG.sub(self._flag, line)

    def _sayings(self, line: str) -> str:
        return _SAID.sub(self._said, line)

    def _pairs(self, line: str) -> str:
        kept: list[str] = []
        done = at = 0
        lowered = line.lower() if line.isascii() else line.translate(_LOWER)  # as long as the line
        for anchor in _ANCHOR.finditer(lowered):
            start = anchor.start()
            match = _PAIR.match(line, start) if start >= at else None
            if match is None:
                continue
            group = match.lastgroup or ""
            word_end = match.start("glue")
            before = line[max(0, match.start() - _LONGEST_KEY) : match.start()]
            key = before[len(before.rstrip(_OF_NAMES)) :] + line[match.start() : word_end]
            pair = Found(key.lstrip(".-"), match[group], match.start(group), group != "bare")
            if _secret(pair, line, match):
                kept += (line[done : pair.start], self._mark("value", pair.value))
                done = at = pair.start + len(pair.value)
        return "".join((*kept, line[done:])) if kept else line

    def _flag(self, match: re.Match[str]) -> str:
        key, value = match["key"], match["value"]
        held = held_by(key)
        if not held or is_placeholder(value) or is_object_name(key, value):
            return match[0]
        if held == "token" and match[0].startswith("-") and not could_be_a_token(value):
            return match[0]
        return match[0][: match.start("value") - match.start()] + self._mark("value", value)

    def _named(self, match: re.Match[str]) -> str:
        value = match["value"]
        if not variable_holds_a_secret(match["key"]) or is_placeholder(value):
            return match[0]
        return match[0][: match.start("value") - match.start()] + self._mark("env", value)

    def _said(self, match: re.Match[str]) -> str:
        value = match["value"].rstrip(".:")
        shortest = 6 if match["what"].lower().startswith("passw") else 20
        mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
        if len(value) < shortest or not mixed or is_placeholder(value) or _OBJECT.fullmatch(value):
            return match[0]
        start = match.start("value") - match.start()
        return match[0][:start] + self._mark("value", value) + match[0][start + len(value) :]


_OBJECT = re.compile(
    r"[a-z]+(?:-[a-z0-9]+)*-[a-z0-9]{8,10}-[a-z0-9]{5}|[^\s]*[:/].*|(?:\d+(?:ms|s|m|h|d))+"
)
"""Names of pods, addresses, durations: what follows ``password for`` and is none."""


def _stands_alone(line: str, match: re.Match[str]) -> bool:
    """Whether the pair is all there is on the line, but for indentation, a dash and a comment."""
    before = line[: match.start()].strip(" \t>-\"'")
    after = line[match.end() :].strip(" \t\r\"',")
    return not before.strip(_OF_NAMES) and (not after or after.startswith("#"))


def _secret(pair: Found, line: str, match: re.Match[str]) -> bool:
    held = held_by(pair.key)
    value = pair.value
    if not held or len(value) < 3 or value.startswith("«"):
        return False
    if is_placeholder(value) or is_object_name(pair.key, value):
        return False
    colon = ":" in match["glue"]
    if held == "password":
        return pair.quoted or not colon or _password_like(value) or _stands_alone(line, match)
    if pair.quoted or not colon:
        return len(value) >= 6 and (not _PLAIN.fullmatch(value) or not colon)
    return could_be_a_token(value)


_PLAIN = re.compile(r"[a-z]+(?: [a-z]+)*")


def _password_like(value: str) -> bool:
    """In the middle of a line, ``password: required`` is no password and ``Password:app9`` is."""
    return len(value) >= 4 and (any(c.isdigit() for c in value) or not value.islower())
