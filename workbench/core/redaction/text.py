"""Secrets taken out of free text: manifests in YAML, logs, command lines, messages.

Most text holds none, so that is found out first and fast: one pass of a linear-time engine (the
Rust regex engine that pydantic carries) tells which lines could hold one, and only those are
looked at closely.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic_core import SchemaValidator, core_schema

from workbench.core.redaction.marks import Mark
from workbench.core.redaction.names import (
    is_object_name,
    is_placeholder,
    names_a_secret,
    variable_holds_a_secret,
)
from workbench.core.redaction.shapes import SHAPES, Shape


def _holds(pattern: str) -> Callable[[str], bool]:
    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")
    return SchemaValidator(schema).isinstance_python


_NAME = (
    r"(?:passw(?:or)?d|pass(?:phrase|code)?|pwd|pw|secret|token|credentials?|key(?:_?base)?|dsn|otp"
    r"|pat|string|(?:key|cert\w*)-data)"
)
_PAIR = rf"(?i:{_NAME}\\{{0,2}}[\"']?\s{{0,4}}(?:[=:]|->)|--[\w.-]*{_NAME}[\"']?[\s,])"
_BLOCK = r"(?i:kind\W{1,8}secret|value[\\\"']{0,4}\s{0,4}:|-----begin|last-applied)"
_could_pair = _holds(_PAIR)
_could_shape = _holds("|".join(shape.trigger for shape in SHAPES))
_could_any = _holds("|".join((_PAIR, _BLOCK, *(shape.trigger for shape in SHAPES))))
_SURROGATE = re.compile("[\ud800-\udfff]")
"""The engine reads UTF-8 and finds nothing in text that has none."""


def could_hold_a_secret(text: str) -> bool:
    """Whether a closer look is worth it; quick, and never wrong when it says no."""
    return _could_any(text if text.isascii() else _SURROGATE.sub("?", text))


MOST_PASSES = 8
"""A secret taken out can bare another one behind it (``curl -u a:curl -u b:c``)."""


class FreeText:
    """Takes secrets out of text that is not JSON. Lines stay lines."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark

    def redact(self, text: str) -> str:
        """Text without its secrets, with as many lines as before."""
        text = self._blocks(text)
        return "\n".join([self._line(line) for line in text.split("\n")])

    def _blocks(self, text: str) -> str:
        """What takes more than one line to tell."""
        lowered = text.lower()
        if "kind: secret" in lowered:
            text = self._manifests(text)
        if _JSON_SECRET.search(lowered):  # JSON cut short, or inside YAML or a log line
            text = _JSON_DATA.sub(self._cut_json, text)
        if "value:" in lowered:
            text = _ENV_YAML.sub(self._variable, text)
        if "-----begin" in lowered:
            text = self._shape(_PRIVATE_KEY, text)
        return text

    def _line(self, line: str) -> str:
        for _ in range(MOST_PASSES):
            clean = self._pass(line)
            if clean == line:
                break
            line = clean
        return line

    def _pass(self, line: str) -> str:
        readable = line if line.isascii() else _SURROGATE.sub("?", line)
        if _could_shape(readable):
            lowered = line.lower()
            for needle, shape in _NEEDLES:
                if needle in lowered:
                    line = self._shape(shape, line)
        if _could_pair(readable):
            for pattern in (_QUOTED_PAIR, _EQUALS_PAIR, _FLAG, _LINE_PAIR):
                line = pattern.sub(self._pair, line)
        return line

    def _shape(self, shape: Shape, text: str) -> str:
        def marked(match: re.Match[str]) -> str:
            kept = match[1] if match.re.groups else ""
            secret = match[0][len(kept) :]
            return kept + self._mark(shape.kind, secret) + "\n" * secret.count("\n")

        return shape.pattern.sub(marked, text)

    def _manifests(self, text: str) -> str:
        """YAML manifests with every value in the data of a Secret gone."""
        documents = _YAML_DOCUMENT.split(text)
        return "".join(
            _DATA_BLOCK.sub(self._data, document) if _SECRET_KIND.search(document) else document
            for document in documents
        )

    def _data(self, block: re.Match[str]) -> str:
        return _DATA_ENTRY.sub(self._entry, block[0])

    def _entry(self, entry: re.Match[str]) -> str:
        value = entry[0][len(entry["key"]) :]
        if value.lstrip().startswith("«redacted:"):
            return entry[0]
        lines = "\n" * value.count("\n")
        return f"{entry['key']} {self._mark('secret-data', value.strip())}{lines}"

    def _cut_json(self, data: re.Match[str]) -> str:
        return _JSON_VALUE.sub(
            lambda value: value["glue"] + self._mark("secret-data", value[0][len(value["glue"]) :]),
            data[0],
        )

    def _variable(self, match: re.Match[str]) -> str:
        value = match["value"]
        if not variable_holds_a_secret(match["key"]) or is_placeholder(value):
            return match[0]
        return match["glue"] + self._mark("env", value.rstrip())

    def _pair(self, match: re.Match[str]) -> str:
        key, value = match["key"], match["value"]
        if not names_a_secret(key) or is_placeholder(value) or is_object_name(key, value):
            return match[0]
        if match.re is _LINE_PAIR and not _worth(key, value):
            return match[0]
        return match[0][: match.start("value") - match.start()] + self._mark("value", value)


# Flat, because most of the time is spent finding that a line holds none of them.
_NEEDLES = tuple((needle, shape) for shape in SHAPES for needle in shape.needles)
_PRIVATE_KEY = next(shape for shape in SHAPES if shape.kind == "private-key")

_KEY = r"(?P<key>[A-Za-z_][\w.-]{0,80}+)"
_START = r"(?:(?<![\w.\\])|(?<=\\[nrt]))"
_QUOTED_PAIR = re.compile(
    rf"""{_START}{_KEY}(?P<glue>\\?["']?\s{{0,4}}(?:=>|->|=|:)\s{{0,4}}\\?["'])(?P<value>[^"'\\\n«]{{3,}})"""
)
_EQUALS_PAIR = re.compile(
    rf"""{_START}{_KEY}(?P<glue>\\?["']?\s?(?:=>|->|=)\s?)(?P<value>[^\s"'&,;)\\«]{{3,}})"""
)
_FLAG = re.compile(
    rf"""--{_KEY}(?P<glue>["']?[\s,]{{1,2}}["']?)(?P<value>[^\s"'-][^\s"',]{{2,}})"""
)
_LINE_PAIR = re.compile(
    rf"""^(?P<indent>[\s>|-]*){_KEY}(?P<glue>:[ \t]+)(?P<value>\S{{4,}})[ \t]*\r?$"""
)
_ENV_YAML = re.compile(
    r"""(?m)(?P<glue>\bname:\s*["']?(?P<key>[\w.-]+)["']?\s*\n\s*value:\s*["']?)(?P<value>[^\s"'\n][^\n"']*)"""
)
_YAML_DOCUMENT = re.compile(r"(?m)^(---.*\n)")
_SECRET_KIND = re.compile(r"(?im)^[ \t-]*kind: Secret(?:List)?[ \t]*\r?$")
_DATA_BLOCK = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?:data|stringData|binaryData):[ \t]*\n"
    r"(?:(?P=indent)[ \t]+\S.*\n?|[ \t]*\n)+"
)
_DATA_ENTRY = re.compile(
    r"(?m)^(?P<key>(?P<indent>[ \t]+)[\w./-]+:)[ \t]+\S.*(?:\n(?P=indent)[ \t]+.*)*"
)
_JSON_SECRET = re.compile(r"""kind\\*["']\s*:\s*\\*["']secret""")
_JSON_DATA = re.compile(r"""\\*["'](?:data|stringData|binaryData)\\*["']\s*:\s*\{[^{}]*""")
_JSON_VALUE = re.compile(r"""(?P<glue>:\s*\\*["'])[^"'\\«]+""")


def _worth(key: str, value: str) -> bool:
    """Whether ``key: value`` alone on a line is a secret: always for passwords; for ``secret`` and
    ``token``, which also name objects and states, only when the value could be one."""
    if "pass" in key.lower() or "pwd" in key.lower():
        return True
    return len(value) >= 12 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
