"""Names of fields and variables that hold secrets, and values that are none."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
KUBECONFIG_SECRETS = frozenset(
    ("client-key-data", "client-certificate-data", "access-token", "id-token", "refresh-token")
)
HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token",
     "x-vault-token")
)  # fmt: skip

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET = re.compile(
    "password|passwd|pass|pwd|pw|passphrase|passcode|secret|token|credentials?|apikey|accesskey"
    "|secretkey|privatekey|dsn|connectionstring|pat|otp|pgpassword|keybase"
)
_KEY_OF = re.compile(
    "api|access|secret|private|encryption|signing|master|jwt|auth|account|shared|license|app"
    "|application|ssh|tls|webhook"
)
_CURSOR = re.compile("continue|next|page|cursor|csrf|num|max|per")
_PLACEHOLDER = re.compile(
    r"^(?:true|false|null|none|nil|yes|no|unset|unknown|expired|invalid|missing|revoked|rejected"
    r"|\d{1,3}|<.*|«.*|\*+|x{3,}|\[?redacted\]?|\(hidden\)|\(none\)|\.\.\.|-+"
    r"|\$\(.*|\$\{.*|\$[A-Z_]+|\{\{.*|%\(.*|%[sdvq].*|/[\w./-]+|file:.*|secret[:/].*|vault:.*)$",
    re.IGNORECASE,
)
_OBJECT_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")

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


@lru_cache(maxsize=4096)
def names_a_secret(name: str) -> bool:
    """Whether a key or environment variable is called like one that holds a secret.

    ``DB_PASSWORD``, ``apiKey`` and ``aws_secret_access_key`` do; ``secretName``, ``TOKEN_FILE`` and
    ``continueToken`` do not: they hold where it is, or a cursor.
    """
    if name in KUBECONFIG_SECRETS:
        return True
    words = [word.lower() for word in _WORDS.findall(name[:200])]
    if not words or _CURSOR.fullmatch(words[0]):
        return False
    if words[-1] == "key":
        return len(words) > 1 and bool(_KEY_OF.fullmatch(words[-2]))
    return bool(_SECRET.fullmatch(words[-1]) or _SECRET.fullmatch("".join(words[-2:])))


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
    """Whether ``secret="web-tls"`` names a Secret rather than tells one."""
    return key.lower() == "secret" and bool(_OBJECT_NAME.fullmatch(value))
