"""Whether a JSON value could hold a secret at all, told from its text in a fraction of the time it
takes to walk it."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from workbench.core.redaction.engine import holds
from workbench.core.redaction.text import could_hold_a_secret

_C = r"\s*:\s*"
_TEXT = r'"(?:[^"\\]|\\.)*"'
_FLAT = rf'(?:[^{{}}"]|{_TEXT})*'
_BETWEEN = rf'(?:[^{{}}"]|{_TEXT}|\{{{_FLAT}\}})*'
_NAME = rf'"(?:name|key)"{_C}"[^"]*(?:pass|pwd|pw|secret|token|credential|auth|salt|dsn|key|pat|otp)[^"]*"'
_NAMED = rf'{_NAME}{_BETWEEN}"value"{_C}|"value"{_C}{_TEXT}{_BETWEEN}{_NAME}'
"""A variable: name and value in one object, with at most one level of objects between them."""
_MEMBER = (
    r"(?:passw(?:or)?d|pass(?:phrase|code)?|pwd?|secret(?:_?id)?|token|credentials?|[\w.-]key(?:_?base)?"
    r"|dsn|psk|otp|pat|\wstring|salt|cookie|auth(?:orization)?|[\w-]data|macaroon|requirepass"
    rf'|masterauth|bindpw|configuration)"{_C}["0-9]'
)
_KIND = rf'"kind"{_C}"Secret'
_FLAG = r'"--?[\w.-]*(?:pass\w*|pwd|auth|secret|token|key|pw|pat|dsn|psk|otp|data|string|salt)"\s*,'
_could_be_structure = holds(f"(?i:{_NAMED}|{_MEMBER}|{_KIND}|{_FLAG})")


class Suspicion(NamedTuple):
    """What a closer look at a JSON value could find.

    fields: members that say that they are secret. texts: strings with secrets inside.
    """

    fields: bool
    texts: bool


EVERYTHING = Suspicion(fields=True, texts=True)


def suspicion(value: Any) -> Suspicion:
    """What redaction could change in the value; never wrong when it says no."""
    try:
        return suspicion_of_text(msgspec.json.encode(value).decode())
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return EVERYTHING


def suspicion_of_text(text: str) -> Suspicion:
    """The same of a value's JSON text."""
    fields = _could_be_structure(text)
    if "\\" not in text:
        return Suspicion(fields, could_hold_a_secret(text))
    bare = text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').replace("\\\\", "\\")
    return Suspicion(fields, could_hold_a_secret(bare) or _could_be_structure(bare))
