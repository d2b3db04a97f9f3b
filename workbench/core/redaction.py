"""Secrets taken out of values and text before anybody keeps, shows or sends them.

Structure comes first: where Kubernetes says a field is a secret, its value goes whatever it looks
like. Then detectors of known formats run over free text. What goes is replaced by
``«redacted:kind»``; keys, names, uids, hashes and image digests stay, for they are what
troubleshooting lives on. There is deliberately no detector of "looks random": it would take pod
names and digests with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from workbench.core.secret_shapes import SHAPES

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token")
)
KUBECONFIG_SECRETS = frozenset(
    ("client-key-data", "client-certificate-data", "access-token", "id-token", "refresh-token")
)
MAX_DEPTH = 200
SHORTEST = 8
"""No format below is shorter than this (``pwd=1234``)."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET = re.compile(
    "password|passwd|pwd|passphrase|passcode|secret|token|credentials?|apikey|accesskey|secretkey"
    "|privatekey|dsn|connectionstring|pat|otp|pgpassword"
)
_KEY_OF = re.compile(
    "api|access|secret|private|encryption|signing|master|jwt|auth|account|shared|license|app"
    "|application|ssh|tls|webhook"
)
_CURSOR = re.compile("continue|next|page|cursor|csrf|num|max|per")
_BENIGN = re.compile(
    r"^(?:|true|false|null|none|nil|yes|no|unset|\d{1,3}|<.*|«.*|\*+|x{3,}|\[?redacted\]?|\.\.\.|-+"
    r"|\$\(.*|\$\{.*|\$[A-Z_]+|\{\{.*|%\(.*|%[sdvq].*|/[\w./-]+|file:.*|secret[:/].*|vault:.*)$",
    re.IGNORECASE,
)


def mark(kind: str) -> str:
    """What stands in place of a secret."""
    return f"«redacted:{kind}»"


@lru_cache(maxsize=4096)
def names_a_secret(name: str) -> bool:
    """Whether a key or environment variable is called like one that holds a secret.

    ``DB_PASSWORD``, ``apiKey`` and ``aws_secret_access_key`` do; ``secretName``, ``TOKEN_FILE`` and
    ``continueToken`` do not: they hold where it is, or a cursor.
    """
    if name in KUBECONFIG_SECRETS:
        return True
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or _CURSOR.fullmatch(words[0]):
        return False
    if words[-1] == "key":
        return len(words) > 1 and bool(_KEY_OF.fullmatch(words[-2]))
    return bool(_SECRET.fullmatch(words[-1]) or _SECRET.fullmatch("".join(words[-2:])))


def redact_value(value: Any) -> Any:
    """A JSON value without its secrets: new containers, the same keys and shapes."""
    return _redacted(value, in_secret=False, depth=0)


def redact_text(text: str) -> str:
    """Text without its secrets. JSON is redacted by structure, YAML and the rest by pattern."""
    stripped = text.lstrip()
    if stripped[:1] in ("{", "["):
        return _redact_json(text)
    return _redact_free(text)


def _redacted(value: Any, *, in_secret: bool, depth: int) -> Any:
    if depth > MAX_DEPTH:
        return mark("too-deep")
    if isinstance(value, str):
        return redact_text(value) if len(value) >= SHORTEST else value
    if isinstance(value, (list, tuple)):
        return [_redacted(item, in_secret=in_secret, depth=depth + 1) for item in value]
    if isinstance(value, dict):
        return _redact_dict(value, in_secret=in_secret, depth=depth)
    return value


def _redact_dict(value: dict[str, Any], *, in_secret: bool, depth: int) -> dict[str, Any]:
    kind = value.get("kind")
    in_secret = in_secret or kind in ("Secret", "SecretList")
    held = isinstance(value.get("name"), str) and names_a_secret(value["name"])
    return {
        key: _redact_member(str(key), item, in_secret=in_secret, held=held, depth=depth)
        for key, item in value.items()
    }


def _redact_member(key: str, item: Any, *, in_secret: bool, held: bool, depth: int) -> Any:
    if in_secret and key in ("data", "stringData", "binaryData"):
        return _emptied(item, "secret-data")
    if isinstance(item, str) and not _BENIGN.match(item):
        if key == "value" and held:
            return mark("env")
        if key == LAST_APPLIED:
            return _redact_json(item, otherwise=lambda _: mark("last-applied"))
        if key.lower() in HEADERS:
            return mark("header")
        if key == "auth" and _DOCKER_AUTH.fullmatch(item):
            return mark("docker-auth")
        if names_a_secret(key):
            return mark(key.lower().replace("_", "-"))
    if type(item) in (int, float) and "passw" in key.lower():
        return mark("number")
    return _redacted(item, in_secret=in_secret and key in ("items", "kind"), depth=depth + 1)


def _emptied(item: Any, kind: str) -> Any:
    if isinstance(item, dict):
        return {key: mark(kind) for key in item}
    return None if item is None else mark(kind)


def _redact_json(text: str, otherwise: Callable[[str], str] | None = None) -> str:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return (otherwise or _redact_free)(text)
    clean = redact_value(value)
    if clean == value:
        return text
    return json.dumps(clean, ensure_ascii=False, indent=2 if "\n" in text.strip() else None)


def _redact_free(text: str) -> str:
    lowered = text.lower()
    if "kind: secret" in lowered:
        text = _empty_secrets(text)
    if _JSON_SECRET.search(lowered):  # JSON cut short, or inside YAML or a log line
        text = _JSON_DATA.sub(_empty_json, text)
    for needle, shape in _NEEDLES:
        if needle in lowered:
            text = shape.pattern.sub(shape.replacement, text)
    if "value:" in lowered:
        text = _ENV_YAML.sub(_env_value, text)
    if _hinted(lowered):
        lines = text.split("\n")
        text = "\n".join(_redact_pairs(line) if _hinted(line.lower()) else line for line in lines)
    return text


# Flat, because most of the time is spent finding that a text holds none of them.
_NEEDLES = tuple((needle, shape) for shape in SHAPES for needle in shape.needles)


def _hinted(lowered: str) -> bool:
    for word in _HINTS:  # noqa: SIM110 - three times as fast as any()
        if word in lowered:
            return True
    return False


def _redact_pairs(line: str) -> str:
    for pattern in (_QUOTED_PAIR, _EQUALS_PAIR, _FLAG, _LINE_PAIR):
        line = pattern.sub(_pair_value, line)
    return line


_HINTS = ("pass", "pwd", "secret", "token", "key", "credential", "dsn", "otp", "connectionstring")

_KEY = r"(?P<key>[A-Za-z][\w.-]{0,80}?)"
_QUOTED_PAIR = re.compile(
    rf"""(?<![\w.]){_KEY}(?P<glue>\\?["']?\s{{0,4}}(?:=|:|=>)\s{{0,4}}\\?["'])(?P<value>[^"'\\\n]{{3,}})"""
)
_EQUALS_PAIR = re.compile(
    rf"""(?<![\w.]){_KEY}(?P<glue>\\?["']?\s?=\s?)(?P<value>[^\s"'&,;)\\]{{3,}})"""
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
_DOCKER_AUTH = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")


def _empty_secrets(text: str) -> str:
    """YAML manifests with every value in the data of a Secret gone."""
    documents = _YAML_DOCUMENT.split(text)
    return "".join(
        _DATA_BLOCK.sub(_empty_block, document) if _SECRET_KIND.search(document) else document
        for document in documents
    )


def _empty_json(data: re.Match[str]) -> str:
    return _JSON_VALUE.sub(lambda value: value["glue"] + mark("secret-data"), data[0])


def _empty_block(block: re.Match[str]) -> str:
    return _DATA_ENTRY.sub(lambda entry: f"{entry['key']} {mark('secret-data')}", block[0])


def _env_value(match: re.Match[str]) -> str:
    if not names_a_secret(match["key"]) or _BENIGN.match(match["value"]):
        return match[0]
    return match["glue"] + mark("env")


def _pair_value(match: re.Match[str]) -> str:
    value = match["value"]
    if not names_a_secret(match["key"]) or _BENIGN.match(value):
        return match[0]
    if match.re is _LINE_PAIR and not _worth(match["key"], value):
        return match[0]
    return match[0][: match.start("value") - match.start()] + mark("value")


def _worth(key: str, value: str) -> bool:
    """Whether ``key: value`` alone on a line is a secret: always for passwords; for ``secret`` and
    ``token``, which also name objects and states, only when the value could be one."""
    if "pass" in key.lower() or "pwd" in key.lower():
        return True
    return len(value) >= 12 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
