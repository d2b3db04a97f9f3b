"""Names of fields and variables that hold secrets, and values that are none."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Literal

SHORTEST_TOKEN = 12

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
KUBECONFIG_SECRETS = frozenset(
    ("client-key-data", "client-certificate-data", "access-token", "id-token", "refresh-token")
)
HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token",
     "x-vault-token")
)  # fmt: skip

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORD = re.compile(
    "password|passwd|pass|pwd|pw|requirepass|masterauth|passphrase|passcode|pgpassword|mysqlpassword|rootpw|olcrootpw|userpassword"
    "|storepass|keypass|keystorepass|rootpass|adminpass|dbpass|userpass|bindpw"
)
_SECRET = re.compile(
    "secret|token|credentials?|apikey|accesskey|secretkey|privatekey|dsn|connectionstring|pat|otp"
    "|keybase|psk|presharedkey|secretid|authtoken|clientsecret|keydata|keyfiledata|communitystring"
    "|passwordsalt|authsalt|erlangcookie|cookiesecret|redispass|accountkey|authkey|sharedkey"
    "|redisauth|rediscliauth|macaroon|registryauth"
)
_KEY_OF = re.compile(
    "api|access|secret|private|encryption|signing|master|jwt|auth|account|shared|license|app"
    "|application|ssh|tls|webhook|hmac|aes|crypto|cookie|preshared|routing|integration|service"
    "|subscription|functions|certificate|user|storageaccount|azurestorageaccount|function|deploy"
    "|unseal|recovery|session|root|admin"
)
_CURSOR = re.compile("continue|next|page|cursor|csrf|num|max|per|prompt|completion|total|cache")
_PLACEHOLDER = re.compile(
    r"^(?:true|false|null|none|nil|yes|no|unset|unknown|expired|invalid|missing|revoked|rejected"
    r"|required|optional|enabled|disabled|found|present|empty|strict|default|changed|incorrect|ok"
    r"|\d{1,3}|<.*|«.*|\*+|x{3,}|\[?redacted\]?|\(hidden\)|\(none\)|\.\.\.|-+"
    r"|\$\(.*|\$\{.*|\$[A-Z_]+|\{\{.*|%\(.*|%[sdvq].*|/[\w./-]+|file:.*|secret[:/].*|vault:.*)$",
    re.IGNORECASE,
)
_OBJECT_NAME = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)+")
_NAMES_AN_OBJECT = re.compile(
    "(?:existing|image-?pull|pull|tls|source|target)?[-_]?secret", re.IGNORECASE
)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")

_ENV_WORDS = frozenset(
    [
        "pass",
        "password",
        "passwd",
        "passphrase",
        "pw",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
        "credential",
        "credentials",
        "auth",
        "salt",
        "dsn",
        "apikey",
        "accesskey",
        "privatekey",
    ]
)
_ENV_PAIRS = frozenset(
    ("api key", "access key", "private key", "signing key", "encryption key", "connection string")
)
_ENV_ENDS = ("password", "passwd", "secret", "token")
_WHERE_NOT_WHAT = frozenset(
    [
        "url",
        "uri",
        "host",
        "port",
        "file",
        "path",
        "name",
        "dir",
        "ttl",
        "enable",
        "enabled",
        "type",
        "mode",
        "method",
        "timeout",
        "user",
        "username",
        "endpoint",
        "issuer",
        "expiry",
        "seconds",
        "size",
        "count",
        "limit",
        "namespace",
    ]
)
"""Last words of names that say where a secret is or how it is handled, not what it is."""


Holds = Literal["", "token", "password"]


@lru_cache(maxsize=4096)
def held_by(name: str) -> Holds:
    """What a key or variable of that name holds: a ``password`` may look like anything, a ``token``
    (key, secret, credential) is long and has letters and digits."""
    if name in KUBECONFIG_SECRETS:
        return "token"
    words = [word.lower() for word in _WORDS.findall(name[-200:])]
    if not words or (_CURSOR.fullmatch(words[0]) and words[-1] != "password"):
        return ""
    if words[-1].endswith("key") and words[-1] != "key":
        words[-1:] = [words[-1].removesuffix("key"), "key"]
    if words[-1] == "key" and len(words) > 1 and _KEY_OF.fullmatch(words[-2]):
        return "token"
    last, two = words[-1], "".join(words[-2:])
    if _PASSWORD.fullmatch(last) or _PASSWORD.fullmatch(two):
        return "password"
    return "token" if _SECRET.fullmatch(last) or _SECRET.fullmatch(two) else ""


def names_a_secret(name: str) -> bool:
    """Whether a key or environment variable is called like one that holds a secret.

    ``DB_PASSWORD``, ``apiKey`` and ``aws_secret_access_key`` do; ``secretName``, ``TOKEN_FILE`` and
    ``continueToken`` do not: they hold where it is, or a cursor.
    """
    return bool(held_by(name))


@lru_cache(maxsize=4096)
def variable_holds_a_secret(name: str) -> bool:
    """The same of an environment variable, where a word anywhere in the name is enough.

    ``PASSWORD_PRIMARY`` does; ``AUTH_URL`` and ``TOKEN_TTL`` do not.
    """
    words = [word.lower() for word in _WORDS.findall(name[:200])]
    if not words or words[-1] in _WHERE_NOT_WHAT:
        return False
    pairs = {" ".join(pair) for pair in pairwise(words)}
    return (
        names_a_secret(name)
        or not _ENV_WORDS.isdisjoint(words)
        or not _ENV_PAIRS.isdisjoint(pairs)
        or any(word.endswith(_ENV_ENDS) for word in words)
    )


def is_placeholder(value: str) -> bool:
    """Whether a value only stands for a secret, says where it is or how it fares."""
    return bool(_PLACEHOLDER.match(value))


def is_object_name(key: str, value: str) -> bool:
    """Whether ``secret="shop/web-tls"`` names a Secret rather than tells one."""
    return bool(_NAMES_AN_OBJECT.fullmatch(key)) and bool(_OBJECT_NAME.fullmatch(value))


def could_be_a_token(value: str) -> bool:
    """Whether a value is long and mixed enough for a key; paths, URLs and code are not."""
    return (
        len(value) >= SHORTEST_TOKEN
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and not value.startswith(("/", "./", "http://", "https://", "arn:", "sha256:"))
        and not _DOTTED.fullmatch(value)
    )
